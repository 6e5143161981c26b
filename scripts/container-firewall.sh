#!/bin/sh
# container-firewall.sh RANGE: keeps containers of this range (CONTAINER_NETWORK) away from this machine, from private networks and from the
# metadata services of clouds. They still reach the internet. Needs root and iptables; can be repeated. docs/docker-target.md says more.
set -eu
range=${1:?usage: container-firewall.sh RANGE, such as 10.213.0.0/16}

# rule CHAIN WORDS...: puts a rule at the beginning of a chain unless it is there.
rule() {
  chain=$1
  shift
  iptables -w -C "$chain" "$@" 2>/dev/null || iptables -w -I "$chain" "$@"
}

# Answers to what this machine asked are no new connections.
rule INPUT -s "$range" -m conntrack --ctstate NEW -j DROP
for private in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10; do
  rule DOCKER-USER -s "$range" -d "$private" -m conntrack --ctstate NEW -j DROP
done
# Within the range, the engine itself decides: nothing passes from one network to another.
rule DOCKER-USER -s "$range" -d "$range" -j RETURN

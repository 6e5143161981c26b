/** What people are told of keys that are never allowed. Every other key that is not in the list of allowed ones is refused as well. */

const HOST = 'would give the preview access to the machine that it runs on; remove it';
const OWN_NETWORK =
  'is not allowed: every preview has a network of its own, where services reach each other by name; remove it';

export const REFUSED_IN_SERVICE: ReadonlyMap<string, string> = new Map([
  ...[
    'privileged',
    'pid',
    'ipc',
    'uts',
    'devices',
    'device_cgroup_rules',
    'cap_add',
    'security_opt',
    'cgroup',
    'cgroup_parent',
    'sysctls',
    'runtime',
    'userns_mode',
    'gpus',
    'group_add',
    'credential_spec',
    'isolation',
    'storage_opt',
    'oom_kill_disable',
    'oom_score_adj',
    'blkio_config',
    'use_api_socket',
  ].map((key) => [key, HOST] as const),
  ...[
    'network_mode',
    'extra_hosts',
    'dns',
    'dns_opt',
    'dns_search',
    'links',
    'external_links',
    'mac_address',
  ].map((key) => [key, OWN_NETWORK] as const),
  ['hostname', OWN_NETWORK],
  ['domainname', OWN_NETWORK],
  ['volumes_from', 'is not allowed; name a volume under "volumes" and mount it in both services'],
  ['extends', 'is not allowed: the server reads one file only; write the keys out, or use a YAML anchor'],
  ['env_file', 'is not allowed: the server reads one file only; write the variables under "environment"'],
  ['label_file', 'is not allowed: the server reads one file only; remove it'],
  [
    'container_name',
    'is not allowed: several previews run side by side; remove it, services reach each other by the name of the service',
  ],
  [
    'profiles',
    'is not allowed: a preview has every service of its file; use a compose file for previews without this service',
  ],
  ['scale', 'is not allowed: each service has one container; remove it'],
  ['develop', 'is for development on your own machine; remove it'],
  ['provider', 'would run a program on the server; remove it'],
  ['post_start', 'is not allowed; let the command of the container do it'],
  ['pre_stop', 'is not allowed; let the command of the container do it'],
  ['configs', 'is not allowed; pass values under "environment", or copy the file into the image'],
  ['secrets', 'is not allowed; set secrets for the project, and name them under "environment"'],
  ['models', 'is not allowed; remove it'],
  ['ulimits', 'is not allowed: the operator of the server sets the limits; remove it'],
  ['shm_size', 'is not allowed; mount a tmpfs at /dev/shm under "tmpfs" instead'],
]);

/** Has no effect on a preview, and does not keep it from starting. */
export const LEFT_OUT_OF_SERVICE: ReadonlyMap<string, string> = new Map([
  ['restart', 'is left out: the server restarts a program that fails, up to three times'],
  ['logging', 'is left out: the server keeps the logs'],
  ['platform', 'is left out: images run as they were built'],
  ['pull_policy', 'is left out: the server pulls each image by its digest, once'],
  ['tty', 'is left out'],
  ['stdin_open', 'is left out'],
  ['attach', 'is left out'],
  ['annotations', 'is left out'],
  ['cap_drop', 'is left out: the server drops more'],
  ['mem_reservation', 'is left out: only limits count'],
  ['memswap_limit', 'is left out: previews do not swap'],
  ['mem_swappiness', 'is left out: previews do not swap'],
]);

export const REFUSED_AT_TOP: ReadonlyMap<string, string> = new Map([
  ['include', 'is not allowed: the server reads one file only; write the services into it'],
  ['configs', 'is not allowed; pass values under "environment", or copy the file into the image'],
  ['secrets', 'is not allowed; set secrets for the project, and name them under "environment"'],
  ['models', 'is not allowed; remove it'],
]);

const EXTERNAL = 'is not allowed: a preview uses only what was made for it; remove it';

export const REFUSED_IN_VOLUME: ReadonlyMap<string, string> = new Map([
  ['external', EXTERNAL],
  ['driver_opts', 'is not allowed: it can mount any path of the machine; remove it'],
]);

export const REFUSED_IN_NETWORK: ReadonlyMap<string, string> = new Map([
  ['external', EXTERNAL],
  ['driver_opts', OWN_NETWORK],
  ['ipam', OWN_NETWORK],
]);

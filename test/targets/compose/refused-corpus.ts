import { expect } from '@jest/globals';
import { checkCompose } from '../../../src/targets/compose/check.js';

/** One fixture a key (T42): what would reach the machine, its engine or its neighbours. */
export const REFUSED_KEYS: readonly (readonly [key: string, value: string])[] = [
  ['privileged', 'true'],
  ['privileged', '"true"'],
  ['network_mode', 'host'],
  ['network_mode', '"container:other"'],
  ['pid', 'host'],
  ['ipc', 'host'],
  ['uts', 'host'],
  ['cgroup', 'host'],
  ['cgroup_parent', '/'],
  ['devices', '["/dev/sda:/dev/sda"]'],
  ['device_cgroup_rules', '["c 1:3 mr"]'],
  ['cap_add', '[SYS_ADMIN]'],
  ['security_opt', '["seccomp:unconfined"]'],
  ['volumes_from', '["container:other"]'],
  ['sysctls', '{ net.core.somaxconn: 1024 }'],
  ['runtime', 'runc'],
  ['userns_mode', 'host'],
  ['gpus', 'all'],
  ['group_add', '["0"]'],
  ['credential_spec', '{ file: /etc/passwd }'],
  ['isolation', 'process'],
  ['storage_opt', '{ size: 1G }'],
  ['oom_kill_disable', 'true'],
  ['oom_score_adj', '-1000'],
  ['blkio_config', '{ weight: 1000 }'],
  ['extends', '{ file: ../other.yml, service: web }'],
  ['env_file', '../../.env'],
  ['label_file', './labels'],
  ['container_name', 'mongodb'],
  ['extra_hosts', '["db:169.254.169.254"]'],
  ['dns', '["10.0.0.1"]'],
  ['dns_search', 'corp'],
  ['links', '["db"]'],
  ['external_links', '["mongodb"]'],
  ['mac_address', '02:42:ac:11:00:02'],
  ['hostname', 'host'],
  ['profiles', '[debug]'],
  ['scale', '50'],
  ['develop', '{ watch: [] }'],
  ['provider', '{ type: evil }'],
  ['post_start', '[{ command: id, user: root, privileged: true }]'],
  ['pre_stop', '[{ command: id }]'],
  ['configs', '[{ source: c, target: /etc/c }]'],
  ['secrets', '[token]'],
  ['ulimits', '{ nofile: 1000000 }'],
  ['shm_size', '8g'],
  ['use_api_socket', 'true'],
];

export const REFUSED_TOP_KEYS: readonly (readonly [key: string, value: string])[] = [
  ['include', '[../other.yml]'],
  ['configs', '{ c: { file: /etc/passwd } }'],
  ['secrets', '{ s: { file: /etc/shadow } }'],
  ['secrets', '{ s: { environment: ENCRYPTION_KEYS } }'],
  ['models', '{ m: { model: x } }'],
];

type Hide = (key: string, value: string) => string;

/** Ways to write a key so that a search for it in the text, or in one service, does not find it. */
export const HIDING_PLACES: readonly Hide[] = [
  (key, value) => `services:\n  web:\n    image: web:1\n    ${key}: ${value}\n`,
  (key, value) => `services: { web: { image: "web:1", "${key}": ${value} } }\n`,
  (key, value) => `services:\n  web:\n    ? "${escaped(key)}"\n    : ${value}\n    image: web:1\n`,
  (key, value) => `x-base: &base\n  ${key}: ${value}\nservices:\n  web:\n    <<: *base\n    image: web:1\n`,
  (key, value) =>
    `x-a: &a { ${key}: ${value} }\nx-b: &b { <<: *a }\nservices:\n  web: { <<: [{ image: "web:1" }, *b] }\n`,
  (key, value) => `services:\n  base: &web { image: "web:1", ${key}: ${value} }\n  web: *web\n`,
  (key, value) => `x-value: &value ${value}\nservices:\n  web:\n    image: web:1\n    ${key}: *value\n`,
  // Compose would put an override file on top; here the last word of one file is the same.
  (key, value) =>
    `x-off: &off { ${key}: null }\nservices:\n  web: { <<: *off, image: "web:1", ${key}: ${value} }\n`,
];

/** The same key in YAML's own escapes. */
function escaped(key: string): string {
  return key.replace(/./g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Its line is that of the key, also where an anchor brought it. */
export function expectRefused(file: string, key: string): void {
  const { model, problems } = checkCompose(file, { variables: {}, secrets: {} });
  expect([file, model]).toEqual([file, null]);
  const lines = file.split('\n');
  const found = problems.find(({ message }) => new RegExp(`(^|\\.)${key} `).test(message));
  expect([file, problems, found?.message]).toEqual([
    file,
    problems,
    expect.stringMatching(/; |: |remove|allowed/),
  ]);
  const written =
    lines.findIndex((line) => line.includes(`${key}"`) || line.includes(`${key}:`) || line.includes('\\x')) +
    1;
  // A key that is written twice is refused where it counts.
  expect([written, written + 1, written + 2]).toContain(found?.line);
}

const web = (keys: string) => `services:\n  web:\n    image: web:1\n    ${keys}\n`;

export const REFUSED_VALUES: readonly (readonly [
  what: string,
  file: string,
  line: number,
  message: RegExp,
])[] = [
  [
    'the socket of the engine',
    web('volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'),
    4,
    /path of the machine/,
  ],
  ['a bind of the repository', web('volumes: ["./src:/src"]'), 4, /path of the machine/],
  ['a bind of the home folder', web('volumes: ["~/.ssh:/s"]'), 4, /path of the machine/],
  ['a bind of Windows', web('volumes: ["C:\\\\:/c"]'), 4, /path of the machine|write name/],
  ['a long bind', web('volumes: [{ type: bind, source: /, target: /host }]'), 4, /path of the machine/],
  [
    'a bind that calls itself a volume',
    web('volumes: [{ type: volume, source: /etc, target: /host }]'),
    4,
    /path of the machine/,
  ],
  [
    'options of a bind',
    web('volumes: [{ type: volume, target: /a, bind: { propagation: shared } }]'),
    4,
    /path of the machine/,
  ],
  ['a named pipe', web('volumes: [{ type: npipe, source: x, target: /a }]'), 4, /type volume or tmpfs/],
  [
    'a mount of an image',
    web('volumes: [{ type: image, source: x, target: /a }]'),
    4,
    /type volume or tmpfs/,
  ],
  [
    'a part of a volume',
    web('volumes: [{ type: volume, target: /a, volume: { subpath: ../.. } }]'),
    4,
    /subpath/,
  ],
  ['a mode for SELinux', web('volumes: ["data:/a:Z"]'), 4, /mount/],
  ['a target with ..', web('volumes: ["data:/a/../../etc"]'), 4, /inside the container/],
  ['a tmpfs with an option', web('tmpfs: ["/run:exec"]'), 4, /option "exec"/],
  [
    'an external volume',
    `${web('volumes: ["data:/data"]')}volumes:\n  data:\n    external: true\n`,
    7,
    /external/,
  ],
  [
    'an external volume by its name',
    `${web('init: true')}volumes: { data: { external: { name: prod } } }\n`,
    5,
    /external/,
  ],
  [
    'options of a volume driver',
    `${web('init: true')}volumes: { data: { driver_opts: { type: none, o: bind, device: / } } }\n`,
    5,
    /driver_opts/,
  ],
  ['a volume driver', `${web('init: true')}volumes: { data: { driver: sshfs } }\n`, 5, /driver/],
  ['a volume that is not declared', web('volumes: ["data:/data"]'), 4, /under "volumes"/],
  [
    'an external network',
    `${web('init: true')}networks: { default: { external: true, name: bridge } }\n`,
    5,
    /external/,
  ],
  ['a network driver', `${web('init: true')}networks: { lan: { driver: macvlan } }\n`, 5, /driver/],
  [
    'a subnet',
    `${web('init: true')}networks: { lan: { ipam: { config: [{ subnet: 10.0.0.0/8 }] } } }\n`,
    5,
    /ipam/,
  ],
  ['an address in a network', web('networks: { default: { ipv4_address: 10.0.0.2 } }'), 4, /ipv4_address/],
  ['a network that is not declared', web('networks: [host]'), 4, /"host"/],
  ['a label of this server', web('labels: { vitrine.server: "http://other" }'), 4, /vitrine.server/],
  ['a label of Compose', web('labels: ["com.docker.compose.project=other"]'), 4, /com.docker/],
  [
    'devices of the machine',
    web('deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } }'),
    4,
    /devices/,
  ],
  ['many containers of a service', web('deploy: { replicas: 100 }'), 4, /replicas/],
  ['a placement', web('deploy: { placement: { constraints: [] } }'), 4, /placement/],
  ['a service without an image', 'services:\n  web:\n    init: true\n', 2, /neither/],
  ['a range of thousands of ports', web('ports: ["1-65535"]'), 4, /in a row/],
  ['a name with a slash', 'services:\n  "../web":\n    image: a\n', 2, /name/],
  ['a very slow stop', web('stop_grace_period: 1h'), 4, /stop_grace_period/],
  ['a command that is a group', web('command: { a: b }'), 4, /command/],
];

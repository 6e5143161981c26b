import { connectStore } from '../../app/store/connect.js';
import { type Memory, memoryOf } from '../../bench/harness/memory.js';
import { type CountingProxy, startCountingProxy } from './counting-proxy.js';
import { freePort } from './free-port.js';
import { type Ground, registryGround } from './registry-ground.js';
import { mainFixture } from './run-main.js';

const PROJECT = 'a'.repeat(24);

/** The real program in a process of its own, behind a proxy that counts, with somebody who may push images. */
export interface RegistryServer extends AsyncDisposable {
  readonly proxy: CountingProxy;
  /** As clients of registries name it. */
  readonly host: string;
  readonly url: string;
  /** Where the program keeps its files. */
  readonly dataDir: string;
  /** A further environment of the same project, and the run that deploys it. */
  ground(): Promise<Ground>;
  readonly memory: Memory;
}

export async function startRegistryServer(): Promise<RegistryServer> {
  const proxy = await startCountingProxy();
  const fixture = await mainFixture();
  const port = await freePort();
  proxy.leadTo(port);
  const { child, said } = fixture.run({
    ...fixture.credentials,
    ...{ PORT: String(port), PUBLIC_URL: proxy.url, LOG_LEVEL: 'info' },
    // Neither GitHub nor the engine of the developer is any business of a registry.
    ...{ GITHUB_API_URL: 'http://127.0.0.1:9', DOCKER_HOST: 'off' },
  });
  await said(/ready at (http:\S+)/);
  const store = await connectStore({ uri: fixture.database.uri, log: () => undefined });
  return {
    proxy,
    url: proxy.url,
    host: new URL(proxy.url).host,
    dataDir: `${fixture.directory}/.data`,
    ground: () => registryGround(store.stores, { projectId: PROJECT }),
    memory: memoryOf(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      await store.close();
      await fixture.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

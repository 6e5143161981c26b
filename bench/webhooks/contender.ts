import type { RequestListener } from 'node:http';

/** What every receiver of webhooks is told. */
export interface Given {
  readonly secret: string;
  readonly appId: number;
  readonly privateKey: string;
  readonly mongodbUri: string;
  readonly githubUrl: string;
}

export type Contender = (given: Given) => Promise<RequestListener>;

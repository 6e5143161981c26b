import type { Environment } from '../environments/model.js';
import type { Page, PageRequest } from '../shared/pages.js';

/** A picture in the blob store. */
export interface Picture {
  /** The SHA-256 of its bytes. */
  readonly hash: string;
  readonly size: number;
}

/** A page as it was seen. */
export interface PageView {
  /** Without loss, in PNG. */
  readonly page: Picture;
  /** Small, in JPEG. */
  readonly thumbnail: Picture;
}

/** How a page differs from what the environment showed before. */
export interface Comparison {
  /** The deployment that was live before. */
  readonly deploymentId: string;
  readonly sha: string;
  readonly before: PageView;
  /** How much of the page changed, from 0 to 1. */
  readonly changedShare: number;
  /** Shows where; null when nothing changed. */
  readonly difference: Picture | null;
}

/** The first page of a deployment, photographed when it had become live; or the reason why there is no picture. */
export interface Screenshot {
  readonly id: string;
  readonly projectId: string;
  readonly environmentId: string;
  readonly deploymentId: string;
  readonly generation: number;
  readonly sha: string;
  readonly taken: (PageView & { readonly at: Date; readonly width: number; readonly height: number }) | null;
  /** In a sentence for people; null when there is a picture. */
  readonly reason: string | null;
  /** Null when nothing was live before, or had no picture. */
  readonly comparison: Comparison | null;
  readonly recordedAt: Date;
}

/** The pictures that a document names: as long as it is there, they are kept. */
export function picturesOf({ taken, comparison }: Pick<Screenshot, 'taken' | 'comparison'>): Picture[] {
  const views = [taken, comparison?.before ?? null].filter((view) => view !== null);
  const difference = comparison?.difference ?? null;
  return [...views.flatMap(({ page, thumbnail }) => [page, thumbnail]), ...(difference ? [difference] : [])];
}

export interface ScreenshotStore {
  /** The only one of its deployment: a later one takes the place of an earlier one. */
  save(screenshot: Screenshot): Promise<void>;
  get(id: string): Promise<Screenshot | null>;
  ofDeployment(deploymentId: string): Promise<Screenshot | null>;
  /** Those of a page of deployments, in one question and in no order. */
  ofDeployments(deploymentIds: readonly string[]): Promise<readonly Screenshot[]>;
  /** Newest first. */
  listOf(environmentId: string, page: PageRequest): Promise<Page<Screenshot>>;
  /** The newest with a picture, of another deployment than this one. */
  latestTaken(environmentId: string, exceptDeployment: string): Promise<Screenshot | null>;
  /** Removes those of the environment, all but the newest so many, and answers what they were. */
  removeOf(environmentId: string, keep: number): Promise<readonly Screenshot[]>;
  environmentIds(): AsyncIterable<string>;
  /** All pictures, with the project of each. */
  held(): AsyncIterable<{ readonly projectId: string; readonly pictures: readonly Picture[] }>;
  /** The hashes of all pictures. */
  hashes(): AsyncIterable<string>;
  /** Those of the hashes that are pictures. */
  named(hashes: readonly string[]): Promise<ReadonlySet<string>>;
}

/** How much of a page changed, in words: `3.2 %`, and never `0 %` for what changed. */
export function shareWords(share: number): string {
  const percent = share * 100;
  if (percent < 0.1) return 'less than 0.1 %';
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

export interface ScreenshotPorts {
  readonly screenshots: ScreenshotStore;
}

export const PAGE_SIZE = { width: 1280, height: 800 } as const;

/** What is to be photographed. */
export interface PhotographOrder {
  readonly url: string;
  /** Addresses of the same preview that the page may load from, besides that of the page. */
  readonly others: readonly string[];
  /** This server answers there itself. Otherwise the address must be one that users may have it ask. */
  readonly isOurs: boolean;
  /** What a protected preview lets the browser in by. */
  readonly cookies: readonly VisitCookie[];
}

export interface VisitCookie {
  /** The host that gets it. */
  readonly url: string;
  readonly name: string;
  readonly value: string;
}

export type Photograph =
  | { readonly page: Buffer; readonly thumbnail: Buffer }
  /** `again`: it may be otherwise in a moment. */
  | { readonly reason: string; readonly again: boolean };

/** Opens a page in a browser and takes its picture. Never throws because of the page. */
export interface Photographer {
  photograph(order: PhotographOrder): Promise<Photograph>;
  /** Ends the browser that works now; what it worked on throws. */
  close(): Promise<void>;
}

/** Compares two pictures of the same size. */
export type ComparePictures = (pictures: {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}) => Promise<{ readonly changedShare: number; readonly difference: Uint8Array | null }>;

/** What takes and compares pictures, where the operator wants that. */
export interface PhotographerPorts {
  readonly photographer: Photographer;
  /** What lets the browser of this server in at an address of the preview; null where everybody may come. */
  readonly admit: (environment: Environment, url: string) => Promise<VisitCookie | null>;
  readonly comparePictures: ComparePictures;
}

import type { ApiReply } from './reply.js';
import { ok } from './reply.js';

interface PageRequest {
  readonly url: URL;
  /** Builds the body from the items of this page: a bare list, or `{ total_count, ... }`. */
  readonly wrap?: (items: readonly unknown[], total: number) => unknown;
}

/** GitHub's `page`/`per_page` with a Link header, which Octokit's paginate follows. */
export function paginated(items: readonly unknown[], { url, wrap = (page) => page }: PageRequest): ApiReply {
  const perPage = Math.min(100, Math.max(1, Number(url.searchParams.get('per_page') ?? 30)));
  const page = Math.max(1, Number(url.searchParams.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const body = wrap(items.slice((page - 1) * perPage, page * perPage), items.length);
  const links = [
    ...(page > 1 ? [linkTo(url, page - 1, 'prev'), linkTo(url, 1, 'first')] : []),
    ...(page < last ? [linkTo(url, page + 1, 'next'), linkTo(url, last, 'last')] : []),
  ];
  return ok(body, links.length > 0 ? { link: links.join(', ') } : {});
}

function linkTo(url: URL, page: number, rel: string): string {
  const target = new URL(url);
  target.searchParams.set('page', String(page));
  return `<${target.href}>; rel="${rel}"`;
}

/** How an App finds what it missed. https://docs.github.com/rest/apps/webhooks */
import { toJson, type Json } from '../documents.js';
import { notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import { route, type ApiRequest, type Route } from '../gateway/router.js';
import type { Attempt } from '../webhooks/webhooks.js';
import type { World } from '../world.js';

export const hookDeliveryRoutes: readonly Route[] = [
  route('GET /app/hook/config', forTheApp(showConfig)),
  route('GET /app/hook/deliveries', forTheApp(listAttempts)),
  route('GET /app/hook/deliveries/:id', forTheApp(showAttempt)),
  route('POST /app/hook/deliveries/:id/attempts', forTheApp(redeliver)),
];

function forTheApp(answer: Route['answer']): Route['answer'] {
  return (world, request) =>
    request.actor.kind === 'app'
      ? answer(world, request)
      : refused(401, 'A JSON web token could not be decoded');
}

/** Where deliveries go. */
function showConfig({ options }: World): ApiReply {
  return ok({
    url: options.app.webhookUrl ?? '',
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
  });
}

/** Newest first; the cursor is the last id of the page before. */
function listAttempts(world: World, { url }: ApiRequest): ApiReply {
  const newestFirst = [...world.webhooks.attempts].reverse();
  const perPage = Number(url.searchParams.get('per_page') ?? 30);
  const cursor = Number(url.searchParams.get('cursor') ?? Infinity);
  const page = newestFirst.filter((attempt) => attempt.id < cursor).slice(0, perPage);
  const last = page.at(-1);
  const hasMore = last !== undefined && newestFirst.some((attempt) => attempt.id < last.id);
  if (!hasMore) return ok(page.map(summary));
  const next = new URL(url);
  next.searchParams.set('cursor', String(last.id));
  return ok(page.map(summary), { link: `<${next.href}>; rel="next"` });
}

function showAttempt(world: World, { params }: ApiRequest): ApiReply {
  const attempt = world.webhooks.attempts.find((one) => one.id === Number(params.id));
  if (!attempt) return notFound();
  const { headers, body } = attempt.delivery;
  const payload = toJson(JSON.parse(body.toString()));
  const response = { headers: {}, payload: attempt.answer };
  return ok({ ...summary(attempt), url: '', request: { headers, payload }, response });
}

function redeliver(world: World, { params }: ApiRequest): ApiReply {
  const id = Number(params.id);
  if (!world.webhooks.attempts.some((one) => one.id === id)) return notFound();
  void world.webhooks.redeliver(id);
  return { status: 202, body: {} };
}

function summary({ id, delivery, at, milliseconds, redelivery, status }: Attempt): Json {
  const payload = toJson(JSON.parse(delivery.body.toString()));
  return {
    id,
    guid: delivery.guid,
    delivered_at: new Date(at).toISOString(),
    redelivery,
    duration: milliseconds / 1000,
    status: wordFor(status),
    status_code: status,
    event: delivery.event,
    action: delivery.action ?? null,
    installation_id: toJson(payload.installation).id ?? null,
    repository_id: toJson(payload.repository).id ?? null,
    throttled_at: null,
  };
}

function wordFor(status: number): string {
  if (status === 0) return 'failed to connect to host';
  return status < 400 ? 'OK' : `Invalid HTTP Response: ${status}`;
}

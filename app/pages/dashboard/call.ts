import type { Operation, ResultOf } from '../../../src/contract/operation.js';
import type { Handler, Input } from '../../api/handler.js';
import { DirectAnswer } from '../../api/handler.js';
import type { Ports } from '../../ports.js';

type Parts<O extends Operation> = Pick<Input<O>, 'params' | 'query' | 'body'>;
/** Who asks, and from where: the same for the page and for the operation that it performs. */
export type Asking = Omit<Input<never>, 'params' | 'query' | 'body'>;

/**
 * Performs an operation of the API for a page. Whether the caller may was decided for the page: it must declare the same permission for
 * the same document.
 */
export async function perform<O extends Operation>(
  handler: Handler<O>,
  { ports, input, ...parts }: { readonly ports: Ports; readonly input: Asking } & Partial<Parts<O>>,
): Promise<ResultOf<O>> {
  const { params, query, body } = parts;
  const result = await handler(ports, { ...input, params, query, body } as Input<O>);
  if (result instanceof DirectAnswer) throw new TypeError('This operation writes its answer itself.');
  return result as ResultOf<O>;
}

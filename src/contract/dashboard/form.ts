import { z } from 'zod';
import type { Operation, Schema } from '../operation.js';

/** What every form of a page sends besides its own fields: the proof that it is ours, and the page to go back to. */
const COMMON = {
  csrf: z.string().max(200).optional(),
  return_to: z.string().max(2_000).optional(),
};

type Fields = Readonly<Record<string, z.ZodType>>;

/** The body of a form with these fields; a browser sends text, or nothing for a box that is not ticked. */
export const formOf = <F extends Fields>(fields: F) => z.strictObject({ ...COMMON, ...fields });

/** An operation of the API that a form of a page performs: who may do it is declared there. */
type Performed = Pick<Operation, 'permission' | 'summary'> & Partial<Pick<Operation, 'resource' | 'params'>>;

type FormOperation<O extends Performed, B extends Schema> = {
  readonly method: 'POST';
  readonly path: `/${string}`;
  readonly permission: O['permission'];
  readonly summary: string;
  readonly body: B;
  readonly form: true;
  readonly answers: { readonly 303: 'redirect' };
} & (O extends { resource: infer R } ? { readonly resource: R } : unknown) &
  (O extends { params: infer P } ? { readonly params: P } : unknown);

/** The form of a page for an operation of the API: the same right, the same document, and then back to the page with what came of it. */
export function submits<const O extends Performed, B extends Schema>(
  operation: O,
  { path, body }: { readonly path: `/${string}`; readonly body: B },
): FormOperation<O, B> {
  const { permission, summary, resource, params } = operation;
  return {
    method: 'POST',
    path,
    permission,
    summary: `Form of a page: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`,
    ...(resource && { resource }),
    ...(params && { params }),
    body,
    form: true,
    answers: { 303: 'redirect' },
  } as FormOperation<O, B>;
}

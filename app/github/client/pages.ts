import { z } from 'zod';
import { ask, type Call, type Caller } from './call.js';

const PER_PAGE = 100;

/** Page by page, so that who finds what he looked for stops asking. */
export async function* pages<T>(
  caller: Caller,
  call: Call & {
    readonly item: z.ZodType<T>;
    /** Where the list is, when the answer is an object. */
    readonly within?: string;
    readonly maxPages: number;
  },
): AsyncGenerator<readonly T[]> {
  const list = z.array(call.item);
  const schema: z.ZodType<readonly T[]> = call.within
    ? z.object({ [call.within]: list }).transform((answer) => list.parse(answer[call.within ?? '']))
    : list;
  for (let page = 1; page <= call.maxPages; page += 1) {
    const parameters = { ...call.parameters, per_page: PER_PAGE, page };
    const items = await ask(caller, { ...call, parameters, schema });
    yield items;
    if (items.length < PER_PAGE) return;
  }
}

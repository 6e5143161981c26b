import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** What photographs previews. */
export interface ScreenshotConfig {
  /** The program; undefined to look for one in the folders of PATH. */
  readonly chromium: string | undefined;
  /** Whether Chromium's own sandbox is on. */
  readonly sandbox: boolean;
  /** Where its program is looked for. */
  readonly path: string;
}

const switched = z.enum(['on', 'off'], 'must be on or off');

export const SCREENSHOT_VARIABLES = {
  SCREENSHOTS: switched.default('off'),
  CHROMIUM: z
    .string()
    .refine(isAbsolute, 'must be the whole path of a program, such as /usr/bin/chromium')
    .optional(),
  CHROMIUM_SANDBOX: switched.default('on'),
};

type Variables = z.output<z.ZodObject<typeof SCREENSHOT_VARIABLES>> & { readonly PATH: string };

/** Null where no previews are photographed. */
export function toScreenshotConfig(variables: Variables): ScreenshotConfig | null {
  if (variables.SCREENSHOTS === 'off') return null;
  return {
    chromium: variables.CHROMIUM,
    sandbox: variables.CHROMIUM_SANDBOX === 'on',
    path: variables.PATH,
  };
}

import { expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';

/** What a person does on the pages, in the words that stand on them. */
export interface Person {
  /** Waits for what has changed: with JavaScript it comes by itself, without it the person loads the page again. */
  sees(what: Locator): Promise<void>;
  /** Waits until the page tells exactly this about what was done. */
  reads(message: string | RegExp): Promise<void>;
  /** Opens a question, reads what will happen, and answers. */
  answers(question: string, given: { readonly told: string; readonly answer: string }): Promise<void>;
  /** Fills fields by their labels, and sends the form that has the button. */
  fills(fields: Readonly<Record<string, string>>, button: string): Promise<void>;
  /** Types into the search field of the page, and sends it. */
  searches(text: string): Promise<void>;
}

export function personAt(page: Page, { javaScript }: { readonly javaScript: boolean }): Person {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  return {
    async sees(what) {
      if (!javaScript) await page.reload();
      await what.waitFor();
    },
    async reads(message) {
      const flash = page.locator('.flash').getByText(message, { exact: true });
      await flash.first().waitFor();
      expect(await flash.count()).toBe(1);
    },
    async answers(question, { told, answer }) {
      const confirm = page.locator('details.confirm', {
        has: page.locator('summary', { hasText: question }),
      });
      await confirm.first().locator('summary').click();
      await confirm.first().getByText(told).waitFor();
      await confirm.first().getByRole('button', { name: answer }).click();
    },
    async fills(fields, button) {
      for (const [label, value] of Object.entries(fields))
        await page.getByLabel(label, { exact: true }).fill(value);
      await press(button);
    },
    async searches(text) {
      await page.getByRole('searchbox').fill(text);
      if (javaScript) await page.getByRole('searchbox').press('Enter');
      else await page.locator('form[role=search] button').click();
    },
  };
}

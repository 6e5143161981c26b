/** Prints one line for each step, with the time that it took. */
export interface Teller {
  step<T>(text: string, work: () => Promise<T>): Promise<T>;
  note(text: string): void;
  readonly times: Readonly<Record<string, number>>;
}

export interface TellerOptions {
  readonly write: (line: string) => void;
  readonly colour: 'on' | 'off';
  readonly now: () => number;
}

const PAINT = { green: '32', red: '31', dim: '2' } as const;

export function createTeller({ write, colour, now }: TellerOptions): Teller {
  const times: Record<string, number> = {};
  const paint = (text: string, tone: keyof typeof PAINT) =>
    colour === 'on' ? `\u001b[${PAINT[tone]}m${text}\u001b[0m` : text;
  return {
    times,
    async step(text, work) {
      const started = now();
      try {
        const result = await work();
        times[text] = Math.round(now() - started);
        write(`${paint('✓', 'green')} ${text} ${paint(seconds(times[text]), 'dim')}`);
        return result;
      } catch (error) {
        write(`${paint('✗', 'red')} ${text} ${paint(seconds(now() - started), 'dim')}`);
        throw error;
      }
    },
    note: (text) => write(paint(`    ${text}`, 'dim')),
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

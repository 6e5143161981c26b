import { VitrineError } from '../../../src/shared/errors.js';
import { childEnvironment, type CommandJob, isMissing, runProgram } from '../run-command.js';

/** The command line of Docker on the runner. */
export interface Engine {
  /** Runs with its output in the log, and resolves to that output. Throws what `explain` says of a failure. */
  run(args: readonly string[], how: Running): Promise<readonly string[]>;
  /** The output of a command that only reads; null when it ended with an error. */
  read(args: readonly string[], variables?: Variables): Promise<string | null>;
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Running {
  readonly variables?: Variables;
  readonly input?: string;
  /** Keeps the standard output out of the log. */
  readonly quiet?: boolean;
  readonly explain: (lines: readonly string[]) => string;
}

/** An engine whose commands get these variables, besides those of the runner. */
export function createEngine(job: CommandJob, own: Variables = {}): Engine {
  const call = async (args: readonly string[], { variables, input, onLine, onError }: Call) => {
    const env = childEnvironment(job.world.env, { ...own, ...variables });
    const program = { file: 'docker', args, env, onLine, ...(input !== undefined && { input }) };
    const running = runProgram({ ...job, output: onError }, program);
    const { code } = await running.catch((error: unknown) => {
      throw isMissing(error) ? noDocker(error) : error;
    });
    return code;
  };
  return {
    async run(args, { explain, quiet = false, ...how }) {
      const [lines, told]: [string[], string[]] = [[], []];
      const onError = (line: string): void => {
        told.push(line);
        job.output(line);
      };
      const onLine = (line: string): void => {
        lines.push(line);
        if (!quiet) onError(line);
      };
      const code = await call(args, { ...how, onLine, onError });
      if (code !== 0) throw new VitrineError('unprocessable', job.redact(explain(told)));
      return lines;
    },
    async read(args, variables) {
      const lines: string[] = [];
      const onLine = (line: string): void => void lines.push(line);
      const code = await call(args, { variables, onLine, onError: () => undefined });
      return code === 0 ? lines.join('\n') : null;
    },
  };
}

interface Call extends Pick<Running, 'input'> {
  readonly variables?: Variables | undefined;
  readonly onLine: (line: string) => void;
  readonly onError: (line: string) => void;
}

function noDocker(cause: unknown): VitrineError {
  return new VitrineError(
    'unprocessable',
    'There is no "docker" on this runner: use a runner that has it, such as ubuntu-latest, or push the image to a registry in an earlier step and set the input "image" to its name there.',
    { cause },
  );
}

/** The last thing that a command printed, as the end of a sentence. */
export function lastLine(lines: readonly string[]): string {
  const line = lines.findLast((one) => one.trim() !== '')?.trim() ?? 'it printed nothing';
  return line.length > 500 ? `${line.slice(0, 500)}...` : line;
}

/** Something happens before or after a call of a port, once: that is how a test gets into the middle of an operation. */
export interface Interruption {
  readonly port: string;
  readonly method: string;
  readonly when: 'before' | 'after';
  /** Which call: the first that fits. */
  readonly fits?: (args: readonly unknown[]) => boolean;
}

type Method = (...args: unknown[]) => unknown;

export function aroundCalls<Part extends object>(
  part: Part,
  { interruption, act }: { interruption: Omit<Interruption, 'port'>; act: () => Promise<void> },
): Part {
  let pending = true;
  const { method, when, fits = () => true } = interruption;
  if (!(method in part)) throw new Error(`There is no method "${method}" to interrupt.`);
  return new Proxy(part, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== method || typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const mine = pending && fits(args);
        if (mine) pending = false;
        if (mine && when === 'before') await act();
        const result = await (value as Method).apply(target, args);
        if (mine && when === 'after') await act();
        return result;
      };
    },
  });
}

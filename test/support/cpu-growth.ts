/**
 * By how much the processor time of a piece of work grows when its input becomes four times as large: about 4 where the time is linear,
 * 16 where it is quadratic. The best of some tries counts: what else the machine does only adds.
 */
export function cpuGrowth(work: (size: number) => void, size: number): number {
  work(size);
  return (
    best(() => work(4 * size)) /
    Math.max(
      best(() => work(size)),
      1_000,
    )
  );
}

function best(work: () => void): number {
  const tries = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...tries);
}

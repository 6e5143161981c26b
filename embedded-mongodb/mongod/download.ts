import { MongoBinary } from 'mongodb-memory-server';

/** Prints where mongodb-memory-server keeps its mongod, after downloading it when it may (`MONGOMS_*` of the environment). */
MongoBinary.getPath().then(
  (path) => console.log(`\nmongod: ${path}`),
  (error: unknown) => {
    console.error(error instanceof Error ? oneLine(error.message) : String(error));
    process.exit(1);
  },
);

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

import { SqliteStore } from './sqlite-store.ts';

/** For a test: appends seven entries at a time to a ledger until it is killed, and says how many there are then. */
const store = SqliteStore.open(process.argv[2]!);
let count = [...store.stored()].length;
for (;;) {
  const bodies = Array.from({ length: 7 }, (_, index) => {
    return { kind: 'gap', from: count + index, until: count + index + 1, why: 'a test' } as const;
  });
  count += bodies.length;
  store.append(bodies, String(count));
  process.stdout.write(`${count}\n`);
  // What was written is heard of before the process is killed.
  await new Promise((resolve) => setImmediate(resolve));
}

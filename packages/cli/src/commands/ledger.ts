import { SqliteStore, verify } from '@restow/report';

/** Computes every hash of a ledger again. Answers the exit code: 1 when something is not as it was written. */
export function runVerify(file: string): number {
  const store = SqliteStore.openToRead(file);
  try {
    const { entries, hash, problem } = verify(store.stored());
    if (problem === null)
      process.stdout.write(`${entries} entries, each as it was written; the last hash is ${hash}\n`);
    else process.stdout.write(`${problem}; the ${entries} before it are as they were written\n`);
    return problem === null ? 0 : 1;
  } finally {
    store.close();
  }
}

import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { InputError } from '@restow/model';

const zip = promisify(gzip);

/** Writes the whole file or nothing; gzip when the name ends in `.gz`. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, file.endsWith('.gz') ? await zip(text) : text, { mode: 0o600 });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new InputError(
      `cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      { file },
      { cause: error },
    );
  }
}

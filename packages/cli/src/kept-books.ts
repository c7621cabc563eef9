import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type PriceBook, parseDocument, priceBookSchema } from '@restow/model';
import { pricesFolder } from './cloud-prices.ts';
import { writeWhole } from './write-file.ts';

/** Enough for every plan that somebody still means to carry out. */
const MOST_BOOKS = 20;

/** Whether prices change by themselves, so that reading them again gives others. */
export function areLive(sources: readonly string[]): boolean {
  return sources.some((source) => source !== 'builtin' && !source.startsWith('file:'));
}

/** Keeps the prices that a plan was made with: it is carried out and accounted for with the same. */
export async function keepBook(book: PriceBook): Promise<void> {
  const folder = booksFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(folder, `${digestOf(book)}.json`), JSON.stringify(book));
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const ages = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  const old = ages.sort((one, other) => other.at - one.at).slice(MOST_BOOKS);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

/** null: it was not made here, or long ago. */
export async function keptBook(digest: string): Promise<PriceBook | null> {
  const file = join(booksFolder(), `${digest}.json`);
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : parseDocument(priceBookSchema, JSON.parse(text), 'PriceBook');
}

function booksFolder(): string {
  return join(pricesFolder(), 'books');
}

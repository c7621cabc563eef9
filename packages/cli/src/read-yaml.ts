import { readFile } from 'node:fs/promises';
import { InputError, parseDocument } from '@restow/model';
import { LineCounter, parseDocument as parseYaml } from 'yaml';
import type { z } from 'zod';

/** A document that people write, checked against its schema. Errors name file, path and line. */
export async function readYaml<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  kind: string,
): Promise<z.output<Schema>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { file }, { cause: error });
  }
  const lineCounter = new LineCounter();
  const document = parseYaml(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const [failure] = document.errors;
  if (failure !== undefined) {
    throw new InputError(`is not YAML: ${failure.message}`, { file, line: lineCounter.linePos(failure.pos[0]).line });
  }
  try {
    return parseDocument(schema, document.toJS() ?? {}, kind);
  } catch (error) {
    if (error instanceof InputError) throw error.at({ file });
    throw error;
  }
}

import { readFile } from 'node:fs/promises';
import { DEFAULT_POLICY, InputError, type Policy, parseDocument, policySchema } from '@restow/model';
import { LineCounter, parseDocument as parseYaml } from 'yaml';

/** The policy of a YAML file, or the defaults without one. Errors name file, path and line. */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  if (file === undefined) return DEFAULT_POLICY;
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
    return parseDocument(policySchema, document.toJS() ?? {}, 'Policy') as Policy;
  } catch (error) {
    if (error instanceof InputError) throw error.at({ file });
    throw error;
  }
}

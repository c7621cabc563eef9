import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InputError } from '@restow/model';

const unzip = promisify(gunzip);

/** Longest text that one JSON document may have; V8's strings end a little above. */
const LONGEST_BYTES = 500_000_000;

/** Bytes of `file`, `-` being standard input, unpacked when they are gzip. */
export async function readBytes(file: string, stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  let bytes: Buffer;
  if (file === '-') {
    const parts: Uint8Array[] = [];
    for await (const part of stdin) parts.push(part);
    bytes = Buffer.concat(parts);
  } else {
    try {
      bytes = await readFile(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new InputError(`cannot be read (${code ?? String(error)})`, { file }, { cause: error });
    }
  }
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = await unzip(bytes);
    } catch (error) {
      throw new InputError('the gzip data is damaged or cut short', { file }, { cause: error });
    }
  }
  return bytes;
}

/** One JSON object from a file, standard input or gzip. */
export async function readDocument(file: string, stdin: AsyncIterable<Uint8Array>): Promise<Record<string, unknown>> {
  const bytes = await readBytes(file, stdin);
  const name = file === '-' ? 'standard input' : file;
  if (bytes.length > LONGEST_BYTES) throw new InputError('is over 500 MB; give it in several files', { file: name });
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new InputError('is empty', { file: name });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!.replace(/"[^"]*"\.{0,3} is not valid JSON/, 'not JSON');
    throw new InputError(`is not JSON, or is cut short (${reason.slice(0, 120)})`, { file: name }, { cause: error });
  }
  if (Array.isArray(document)) {
    throw new InputError('is an array; expected a List as `kubectl get … -o json` prints it, or a Snapshot', {
      file: name,
    });
  }
  if (typeof document !== 'object' || document === null) {
    throw new InputError(`is ${document === null ? 'null' : `a ${typeof document}`}; expected an object`, {
      file: name,
    });
  }
  return document as Record<string, unknown>;
}

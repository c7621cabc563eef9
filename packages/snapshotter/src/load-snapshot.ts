import { InputError, parseDocument, type Snapshot, snapshotSchema } from '@restow/model';
import { type ApiObject, objectsOfList, refuseDuplicates } from './api-list.ts';
import { projectCluster } from './project/cluster.ts';
import { Interner } from './project/interner.ts';
import { sharePod } from './project/pod.ts';
import { readDocument } from './read-document.ts';

/**
 * A Snapshot from one saved Snapshot, or from one or more Lists as `kubectl get … -o json` prints them, plain or gzip;
 * `-` is standard input. Throws InputError with file and path for anything else.
 */
export async function loadSnapshot(files: readonly string[], stdin: AsyncIterable<Uint8Array>): Promise<Snapshot> {
  const documents: NamedDocument[] = [];
  for (const file of files) {
    documents.push({ name: file === '-' ? 'standard input' : file, document: await readDocument(file, stdin) });
  }
  return snapshotOf(documents);
}

/** A document and where it came from, for messages. */
export interface NamedDocument {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** The same from documents that are read already. */
export function snapshotOf(documents: readonly NamedDocument[]): Snapshot {
  const objects: ApiObject[] = [];
  let saved: Snapshot | null = null;
  for (const { name, document } of documents) {
    const { kind } = document;
    if (kind === 'Snapshot') {
      if (documents.length > 1)
        throw new InputError('is a saved Snapshot, which must be the only input', { file: name });
      saved = parseSnapshot(document, name);
    } else if (typeof kind === 'string' && kind.endsWith('List')) {
      // One by one: a cluster may have more objects than a call may have arguments.
      for (const object of objectsOfList(document, name)) objects.push(object);
    } else {
      const found = typeof kind === 'string' ? `a ${kind}` : 'without a kind';
      throw new InputError(`is ${found}; expected a List as \`kubectl get … -o json\` prints it, or a Snapshot`, {
        file: name,
        path: 'kind',
      });
    }
  }
  if (saved !== null) return saved;
  refuseDuplicates(objects);
  return projectCluster(objects, 'kubectl');
}

function parseSnapshot(document: unknown, file: string): Snapshot {
  try {
    const snapshot: Snapshot = parseDocument(snapshotSchema, document, 'Snapshot');
    checkReferences(snapshot);
    const interner = new Interner();
    return { ...snapshot, pods: snapshot.pods.map((pod) => sharePod(pod, interner)) };
  } catch (error) {
    if (error instanceof InputError) throw error.at({ file });
    throw error;
  }
}

/** What restow saved is whole: a reference into nothing means that the file was edited or damaged. */
function checkReferences(snapshot: Snapshot): void {
  const nodes = new Set<string>();
  snapshot.nodes.forEach(({ name }, index) => {
    if (nodes.has(name)) throw new InputError(`node ${name} is there twice`, { path: `nodes[${index}].name` });
    nodes.add(name);
  });
  const pods = new Set<string>();
  snapshot.pods.forEach(({ namespace, name, node }, index) => {
    const key = `${namespace}/${name}`;
    if (pods.has(key)) throw new InputError(`pod ${key} is there twice`, { path: `pods[${index}].name` });
    pods.add(key);
    if (node !== null && !nodes.has(node)) {
      throw new InputError(`pod ${key} runs on ${node}, which is not among the nodes`, { path: `pods[${index}].node` });
    }
  });
}

import { InputError, type Plan, parseDocument, planSchema } from '@restow/model';
import { readDocument } from '@restow/snapshotter';

/** A plan that was saved. Throws InputError with file and path for anything else. */
export async function loadPlan(file: string): Promise<Plan> {
  const document = await readDocument(file, process.stdin);
  if (document.kind !== 'Plan') {
    throw new InputError(
      `is ${document.kind === undefined ? 'without a kind' : `a ${String(document.kind)}`}; expected a Plan`,
      {
        file,
        path: 'kind',
      },
    );
  }
  try {
    return parseDocument(planSchema, document, 'Plan') as Plan;
  } catch (error) {
    if (error instanceof InputError) throw error.at({ file });
    throw error;
  }
}

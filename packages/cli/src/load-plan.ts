import { refusePlan } from '@restow/executor';
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

/** A plan that shall be carried out. Throws InputError for one that was changed, or made from an anonymised snapshot. */
export async function loadPlanToApply(file: string): Promise<Plan> {
  const plan = await loadPlan(file);
  const refusal = refusePlan(plan);
  if (refusal !== null) throw new InputError(`${refusal.message}; nothing was begun`, { file, path: 'metadata' });
  return plan;
}

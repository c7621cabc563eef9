import type { PlanStep, TargetNode } from '@restow/model';
import { steersAll } from '../ports/mover.ts';
import { DONE, failed, type RunContext, type StepResult } from '../run/context.ts';
import { isEvacuation } from '../run/going.ts';
import type { RunState } from '../run/run-state.ts';
import { releaseLaunched } from './wait-ready.ts';

/** Orders a node: the planned one or, where that cannot be had, the next alternative that holds the same pods. */
export async function launch(context: RunContext, step: PlanStep): Promise<StepResult> {
  const { state, ports } = context;
  const { target, choices } = choicesFor(state, step.node!);
  if (target === undefined) return failed('no-target', `the plan does not say what ${step.node} is`);
  const refused: string[] = [];
  for (const [attempt, choice] of choices.entries()) {
    const { instanceType, zone, capacityType, microsPerHour } = choice;
    const token = `${state.runId}-${step.id}-${attempt}`;
    const { arch, group } = target;
    const unpreferred = !steersAll(ports.mover) && !isEvacuation(state);
    const order = { token, instanceType, zone, capacityType, arch, group, unpreferred };
    const earlier = (state.actsOfStep.get(step.id) ?? []).find(
      ({ does }) => does.kind === 'launch' && does.order.token === token,
    );
    if (earlier?.outcome?.ok === true) return DONE;
    if (earlier?.outcome?.ok === false) continue;
    const { outcome } = await context.act(
      step.id,
      { kind: 'launch', name: target.name, order, microsPerHour },
      state.policy.run.limits.launchMs,
      (signal) => ports.nodes.launch(order, signal),
    );
    if (outcome!.ok) return DONE;
    // It may still come, and then it costs money.
    if (outcome!.code === 'time-limit') await releaseLaunched(context, step.id, token);
    refused.push(`${instanceType}${zone === null ? '' : ` in ${zone}`} (${capacityType}): ${outcome!.reason}`);
    if (outcome!.code !== 'no-capacity') break;
  }
  return failed('no-capacity', `no node could be had for ${target.name}: ${refused.join('; ')}`);
}

function choicesFor(state: RunState, name: string) {
  const { nodes, spares } = state.current.target;
  const target = [...nodes, ...spares].find((node) => node.name === name && !node.existing);
  const own = target === undefined ? [] : ownChoice(target);
  return { target, choices: [...own, ...(target?.alternatives ?? [])] };
}

function ownChoice(target: TargetNode): TargetNode['alternatives'] {
  const { instanceType, zone, capacityType, microsPerHour } = target;
  return instanceType === null || microsPerHour === null ? [] : [{ instanceType, zone, capacityType, microsPerHour }];
}

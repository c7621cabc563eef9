import type { SnapshotNode } from '@restow/model';
import type { LimitGroup, NodeKind, ProblemNode, Template } from './problem.ts';

/**
 * Pools with limits. A pool's limit counts machines' capacity, of which only the allocatable part is known: whole cores
 * are rounded up and a tenth is added to the rest, so that the limit is kept rather than used to the last byte.
 * Source: Karpenter, NodePool spec.limits.
 */
export function limitGroupsOf(templates: readonly Template[], frozen: readonly SnapshotNode[]): LimitGroup[] {
  return templates
    .filter(({ limits }) => Object.keys(limits).length > 0)
    .map((template) => {
      const resources = Object.keys(template.limits).sort();
      const use = (allocatable: Readonly<Record<string, number>>) =>
        Float64Array.from(resources, (name) => {
          if (name === 'nodes') return 1;
          const amount = allocatable[name] ?? 0;
          return name === 'cpu' ? Math.ceil(amount / 1000) * 1000 : Math.ceil(amount * 1.1);
        });
      const left = Float64Array.from(resources, (name) => template.limits[name]!);
      for (const node of frozen) {
        if (node.group !== template.group) continue;
        use(node.allocatable).forEach((amount, index) => {
          left[index]! -= amount;
        });
      }
      return {
        resources,
        left,
        ofNode: remembered((node: ProblemNode) => use(node.node.allocatable)),
        ofKind: remembered((kind: NodeKind) => use(kind.view('new').allocatable)),
      };
    });
}

/** Asked in the innermost loop of the search, so computed once for each. */
function remembered<Subject extends object>(
  compute: (subject: Subject) => Float64Array,
): (subject: Subject) => Float64Array {
  const known = new WeakMap<Subject, Float64Array>();
  return (subject) => {
    let use = known.get(subject);
    if (use === undefined) {
      use = compute(subject);
      known.set(subject, use);
    }
    return use;
  };
}

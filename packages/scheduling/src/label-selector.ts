import { type Expression, InputError, type LabelSelector } from '@restow/model';

type Labels = Readonly<Record<string, string>>;

/**
 * One requirement on a label set. `Gt` and `Lt` compare integers and are false where either side is none.
 * Source: apimachinery `labels.Requirement.Matches`; NotIn and DoesNotExist hold where the key is absent.
 */
export function matchesExpression(expression: Expression, labels: Labels): boolean {
  const value = labels[expression.key];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && expression.values.includes(value);
    case 'NotIn':
      return value === undefined || !expression.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [limit] = expression.values;
      if (value === undefined || limit === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(limit)) return false;
      return expression.operator === 'Gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
    }
  }
}

/** null selects nothing; an empty selector everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  if (selector === null) return false;
  for (const [key, value] of Object.entries(selector.matchLabels)) if (labels[key] !== value) return false;
  return selector.matchExpressions.every((expression) => matchesExpression(expression, labels));
}

/** `selector` narrowed by what `matchLabelKeys` and `mismatchLabelKeys` take from the pod's own labels (KEP-3633). */
export function narrowSelector(
  selector: LabelSelector,
  labels: Labels,
  matchKeys: readonly string[],
  mismatchKeys: readonly string[],
): LabelSelector {
  if (selector === null) return null;
  const extra: Expression[] = [];
  for (const [keys, operator] of [
    [matchKeys, 'In'],
    [mismatchKeys, 'NotIn'],
  ] as const) {
    for (const key of keys) {
      const value = labels[key];
      if (value !== undefined) extra.push({ key, operator, values: [value] });
    }
  }
  if (extra.length === 0) return selector;
  return { matchLabels: selector.matchLabels, matchExpressions: [...selector.matchExpressions, ...extra] };
}

/** kubectl's selector syntax: `a=b,c!=d,e,!f,g in (h,i),j notin (k)`. Throws InputError for anything else. */
export function parseLabelSelector(text: string): NonNullable<LabelSelector> {
  const matchExpressions: NonNullable<LabelSelector>['matchExpressions'][number][] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const clause = part.trim();
    if (clause === '') continue;
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(clause);
    const equals = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(clause);
    const exists = /^(!?)\s*([\w./-]+)$/.exec(clause);
    if (set !== null) {
      const values = set[3]!.split(',').map((value) => value.trim());
      matchExpressions.push({ key: set[1]!, operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equals !== null) {
      matchExpressions.push({ key: equals[1]!, operator: equals[2] === '!=' ? 'NotIn' : 'In', values: [equals[3]!] });
    } else if (exists !== null) {
      matchExpressions.push({ key: exists[2]!, operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] });
    } else throw new InputError(`'${clause}' is not a label selector (expected key=value, key!=value, key or !key)`);
  }
  return { matchLabels: {}, matchExpressions };
}

import { pod as podSchema, podSpec } from '../kubernetes/pod.ts';
import type { Interner } from './interner.ts';
import type { ProjectedPod } from './kinds.ts';
import { isFinished, type ProjectedPodSpec, podOf, projectPodSpec, readySince, shareSpec } from './pod.ts';

const ITEMS = /^\{"kind":"PodList","apiVersion":"v1","metadata":\{[^{}]*\},"items":\[/;
/** Between two pods of a list; within a string its quotes would be escaped. */
const BETWEEN = '},{"metadata":{';
const SPEC = ',"spec":{';
const STATUS = ',"status":{';
/** The API server writes it as the last of the metadata. */
const MANAGED = ',"managedFields":[';
const NODE = /"nodeName":"([^"\\]*)"/;
/** Made by the API server for each pod anew; it says nothing of where the pod may run. */
const TOKEN_VOLUME = /kube-api-access-[a-z0-9]{5}/g;

const withoutSpec = podSchema.omit({ spec: true });

/** One pod of a list: what it becomes (null: it has ended), or the object where nothing is known of it. */
export type PodText = { readonly pod: ProjectedPod | null } | { readonly body: unknown };
/** Pods come in the order of their names, so those of one owner one after the other. */
const MOST_KNOWN = 1000;

/**
 * Projects pods from the text of a list. A pod's spec is the larger part of it and, but for its node, the same in all pods
 * of one owner: what it becomes is kept by its text, so that it is parsed and checked once. Nothing is assumed of a text:
 * what comes before the spec and what comes after it must be whole JSON on the same level, and the spec's text equal to
 * one that was parsed; only managed fields are passed over. Whatever is otherwise is left to the caller.
 */
export class PodTexts {
  readonly #known = new Map<string, ProjectedPodSpec>();
  readonly #nodes = new Map<string, string>();
  readonly #interner: Interner;

  constructor(interner: Interner) {
    this.#interner = interner;
  }

  /** null when the text is not a list of pods as an API server writes it. */
  split(text: string): PodText[] | null {
    const [head] = ITEMS.exec(text.slice(0, 4096)) ?? [];
    const end = text.lastIndexOf(']}');
    if (head === undefined || end < head.length || text.slice(end + 2).trim() !== '') return null;
    const pods: PodText[] = [];
    for (let at = head.length; at < end; ) {
      const next = text.indexOf(BETWEEN, at);
      const to = next < 0 ? end : next + 1;
      const one = text.slice(at, to);
      const pod = this.#pod(one) ?? parse(one);
      if (pod === null) return null;
      pods.push(pod);
      at = to + 1;
    }
    return pods;
  }

  #pod(text: string): { readonly pod: ProjectedPod | null } | null {
    const managedAt = text.indexOf(MANAGED);
    const specAt = managedAt < 0 ? text.indexOf(SPEC) : endOfManaged(text, managedAt);
    const statusAt = text.lastIndexOf(STATUS);
    if (specAt < 0 || statusAt < specAt) return null;
    const before = parse(managedAt < 0 ? `${text.slice(0, specAt)}}` : `${text.slice(0, managedAt)}}}`);
    const after = parse(`{${text.slice(statusAt + 1)}`);
    if (!hasOnly(before, 'metadata') || !hasOnly(after, 'status')) return null;
    const rest = withoutSpec.safeParse({ ...before.body, ...after.body });
    if (!rest.success) return null;
    const { metadata, status } = rest.data;
    const specText = text.slice(specAt + SPEC.length - 1, statusAt);
    const node = NODE.exec(specText)?.[1] ?? null;
    const spec = this.#spec(specText, node, metadata.name);
    if (spec === null) return null;
    if (isFinished({ status })) return { pod: null };
    return { pod: { pod: podOf(metadata, spec, this.#nodeOf(node)), readySince: readySince({ status }) } };
  }

  #spec(text: string, node: string | null, podName: string): ProjectedPodSpec | null {
    const key = text.replace(NODE, '"nodeName":""').replace(TOKEN_VOLUME, 'kube-api-access-');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const parsed = podSpec.safeParse(parse(text)?.body);
    if (!parsed.success || (parsed.data.nodeName ?? null) !== node) return null;
    const own = projectPodSpec(parsed.data, podName);
    if (isOwn(own, parsed.data)) return null;
    const spec = shareSpec(own, this.#interner);
    this.#known.set(copyOf(key), spec);
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    return spec;
  }

  #nodeOf(name: string | null): string | null {
    if (name === null || name === '') return null;
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const copy = copyOf(name);
    this.#nodes.set(copy, copy);
    return copy;
  }
}

/**
 * Where the spec begins after managed fields, of which there is more than of all else: they hold no other array, so the
 * first bracket that closes one closes theirs. One within a string is taken for it, and what follows then is no spec.
 */
function endOfManaged(text: string, at: number): number {
  const end = text.indexOf(']', at);
  return end >= 0 && text.startsWith(`]}${SPEC}`, end) ? end + 2 : -1;
}

/** A part of a text holds on to all of it. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** What is named after the one pod must not be given to another. */
function isOwn(
  spec: ProjectedPodSpec,
  raw: { readonly volumes?: readonly { readonly ephemeral?: unknown }[] | null | undefined },
) {
  return JSON.stringify(spec).includes('kube-api-access-') || raw.volumes?.some(({ ephemeral }) => ephemeral != null);
}

/** null for what is no JSON. */
function parse(text: string): { readonly body: unknown } | null {
  try {
    return { body: JSON.parse(text) };
  } catch {
    return null;
  }
}

function hasOnly(value: { readonly body: unknown } | null, key: string): value is { readonly body: object } {
  const body = value?.body;
  if (typeof body !== 'object' || body === null) return false;
  const keys = Object.keys(body);
  return keys.length === 1 && keys[0] === key;
}

import { DEFAULT_POLICY, type Policy, policySchema } from '@restow/model';
import { readYaml } from './read-yaml.ts';

/** The policy of a YAML file, or the defaults without one. */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  return file === undefined ? DEFAULT_POLICY : ((await readYaml(file, policySchema, 'Policy')) as Policy);
}

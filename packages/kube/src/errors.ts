import { RestowError } from '@restow/model';

/** The API server does not answer as it should, after retries. */
export class KubeApiError extends RestowError {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;

  constructor(what: string, status: number | null, options?: ErrorOptions) {
    super('RESTOW_KUBE_API', what, options);
    this.status = status;
  }
}

/** The right to change the cluster is somebody else's. */
export class LeaseLostError extends RestowError {
  constructor(what: string) {
    super('RESTOW_LEASE_LOST', `${what}; nothing more is changed, the run can be resumed`);
  }
}

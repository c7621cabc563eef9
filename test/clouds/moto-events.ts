import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Moto } from '@restow/testkit';

const REGION = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** An EventBridge of moto whose events arrive in a queue. */
export interface MotoEvents {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  put(source: string, type: string, detail: object): Promise<void>;
}

export async function openMotoEvents(moto: Moto, sources: readonly string[]): Promise<MotoEvents> {
  /** EventBridge's own protocol: three calls, which no other code here makes. */
  const events = async (action: string, body: object): Promise<void> => {
    const response = await fetch(moto.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSEvents.${action}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20261101/${REGION}/events/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  const sqs = new SQSClient({ region: REGION, endpoint: moto.endpoint, credentials });
  const queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'restow' }))).QueueUrl!;
  await events('PutRule', { Name: 'restow', EventPattern: JSON.stringify({ source: sources }) });
  const Arn = `arn:aws:sqs:${REGION}:123456789012:restow`;
  await events('PutTargets', { Rule: 'restow', Targets: [{ Id: 'queue', Arn }] });
  return {
    sqs,
    queueUrl,
    put: (source, type, detail) =>
      events('PutEvents', { Entries: [{ Source: source, DetailType: type, Detail: JSON.stringify(detail) }] }),
  };
}

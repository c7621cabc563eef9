import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { PricingClient } from '@aws-sdk/client-pricing';
import type { SavingsplansClient } from '@aws-sdk/client-savingsplans';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { once } from '@restow/executor';

const MOST_ATTEMPTS = 6;
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;

/** Prices are told in four regions only, and are the same in each. Source: AWS, Price List Query API endpoints. */
const PRICING_REGIONS: readonly (readonly [prefix: string, region: string])[] = [
  ['cn-', 'cn-northwest-1'],
  ['eu-', 'eu-central-1'],
  ['ap-', 'ap-south-1'],
  ['', 'us-east-1'],
];

/**
 * The SDK's clients of one region, each loaded when it is first wanted. Credentials, endpoints and roles are found as the
 * SDK finds them by default.
 */
export class AwsClients {
  readonly region: string;

  constructor(region: string) {
    this.region = region;
  }

  readonly ec2 = once(async (): Promise<EC2Client> => {
    const { EC2Client } = await import('@aws-sdk/client-ec2');
    return new EC2Client(this.#options(this.region));
  });

  readonly autoScaling = once(async (): Promise<AutoScalingClient> => {
    const { AutoScalingClient } = await import('@aws-sdk/client-auto-scaling');
    return new AutoScalingClient(this.#options(this.region));
  });

  readonly pricing = once(async (): Promise<PricingClient> => {
    const { PricingClient } = await import('@aws-sdk/client-pricing');
    const [, region] = PRICING_REGIONS.find(([prefix]) => this.region.startsWith(prefix))!;
    return new PricingClient(this.#options(region));
  });

  readonly savingsPlans = once(async (): Promise<SavingsplansClient> => {
    const { SavingsplansClient } = await import('@aws-sdk/client-savingsplans');
    return new SavingsplansClient(this.#options('us-east-1'));
  });

  readonly sqs = once(async (): Promise<SQSClient> => {
    const { SQSClient } = await import('@aws-sdk/client-sqs');
    return new SQSClient(this.#options(this.region));
  });

  #options(region: string) {
    return {
      region,
      maxAttempts: MOST_ATTEMPTS,
      retryMode: 'adaptive',
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    } as const;
  }
}

export { type ClusterChoice, KubeConnection, type KubeResponse } from './connection.ts';
export { KubeApiError, type ListOptions, listPages } from './list-pages.ts';

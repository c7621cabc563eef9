package main

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/karpenter/pkg/utils/resources"
)

// isFeasible says whether every pod is bound to a node of which it is allowed, and no node is over-full.
func (w *world) isFeasible() bool {
	nodes := &corev1.NodeList{}
	pods := &corev1.PodList{}
	if w.client.List(w.ctx, nodes) != nil || w.client.List(w.ctx, pods) != nil {
		return false
	}
	bound := 0
	for i := range nodes.Items {
		node := &nodes.Items[i]
		here := &corev1.PodList{}
		if w.client.List(w.ctx, here, client.MatchingFields{"spec.nodeName": node.Name}) != nil {
			return false
		}
		bound += len(here.Items)
		requests := corev1.ResourceList{corev1.ResourcePods: whole(int64(len(here.Items)))}
		for j := range here.Items {
			for key, value := range here.Items[j].Spec.NodeSelector {
				if node.Labels[key] != value {
					return false
				}
			}
			requests = resources.Merge(requests, here.Items[j].Spec.Containers[0].Resources.Requests)
		}
		if !resources.Fits(requests, node.Status.Allocatable) {
			return false
		}
	}
	return bound == len(pods.Items)
}

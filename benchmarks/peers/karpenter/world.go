package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/state/cost"
)

const poolName = "default"

// world does what the cloud, the kubelets and the scheduler would: launches claims, ends nodes, binds pods as Karpenter's own
// scheduler decided.
type world struct {
	ctx         context.Context
	client      *memoryClient
	cluster     *state.Cluster
	cost        *cost.ClusterCost
	provider    *provider
	provisioner *provisioning.Provisioner
	prices      map[string]float64
	// evictions by pod.
	evictions map[string]int
	evicted   int
	launched  int
	deleted   int
	serial    int
}

// addNode makes a claim with its node, ready to be used.
func (w *world) addNode(claim *v1.NodeClaim, name string, machine, zone, capacityType string, price float64) error {
	labels := map[string]string{
		v1.NodePoolLabelKey:            poolName,
		corev1.LabelInstanceTypeStable: machine,
		corev1.LabelTopologyZone:       zone,
		v1.CapacityTypeLabelKey:        capacityType,
		corev1.LabelHostname:           name,
		corev1.LabelArchStable:         "amd64",
		corev1.LabelOSStable:           "linux",
		v1.NodeRegisteredLabelKey:      "true",
		v1.NodeInitializedLabelKey:     "true",
	}
	var capacity corev1.ResourceList
	for _, candidate := range w.provider.types {
		if candidate.Name == machine {
			capacity = candidate.Capacity
		}
	}
	if capacity == nil {
		return fmt.Errorf("node %s: type %s is not in the catalogue", name, machine)
	}
	providerID := "catalogue://" + name
	claim.Labels = labels
	claim.Status.ProviderID = providerID
	claim.Status.NodeName = name
	claim.Status.Capacity = capacity
	claim.Status.Allocatable = capacity
	conditions := claim.StatusConditions()
	for _, condition := range []string{
		v1.ConditionTypeLaunched, v1.ConditionTypeRegistered, v1.ConditionTypeInitialized, v1.ConditionTypeConsolidatable,
	} {
		conditions.SetTrue(condition)
	}
	w.prices[name] = price
	if err := w.client.put(claim); err != nil {
		return err
	}
	if err := w.cost.UpdateNodeClaim(w.ctx, claim); err != nil {
		return err
	}
	return w.client.put(&corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Labels: labels, CreationTimestamp: metav1.Now()},
		Spec:       corev1.NodeSpec{ProviderID: providerID},
		Status: corev1.NodeStatus{
			Capacity:    capacity,
			Allocatable: capacity,
			Conditions:  []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	})
}

// launchClaims turns every claim that has no node into the cheapest one that it allows. Node names by claim.
func (w *world) launchClaims() error {
	claims := &v1.NodeClaimList{}
	if err := w.client.List(w.ctx, claims); err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if claim.Status.ProviderID != "" {
			continue
		}
		machine, offering, err := w.provider.cheapest(claim)
		if err != nil {
			return err
		}
		w.serial++
		w.launched++
		name := fmt.Sprintf("launched-%d", w.serial)
		if err := w.addNode(claim, name, machine.Name, offering.Zone(), offering.CapacityType(), offering.Price); err != nil {
			return err
		}
	}
	return nil
}

// endDeleted evicts the pods of nodes that are to go, removes the nodes and places the pods again.
func (w *world) endDeleted() error {
	claims := &v1.NodeClaimList{}
	if err := w.client.List(w.ctx, claims); err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if claim.DeletionTimestamp == nil {
			continue
		}
		if err := w.end(claim); err != nil {
			return err
		}
	}
	return w.placePending()
}

func (w *world) end(claim *v1.NodeClaim) error {
	name := claim.Status.NodeName
	pods := &corev1.PodList{}
	if err := w.client.List(w.ctx, pods, client.MatchingFields{"spec.nodeName": name}); err != nil {
		return err
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		w.cluster.DeletePod(client.ObjectKeyFromObject(pod))
		w.evictions[pod.Name]++
		w.evicted++
		pod.Spec.NodeName = ""
		pod.Status.Phase = corev1.PodPending
		pod.Status.Conditions = []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable},
		}
		if err := w.client.put(pod); err != nil {
			return err
		}
	}
	w.deleted++
	delete(w.prices, name)
	if err := w.client.remove(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		return err
	}
	if err := w.client.remove(claim); err != nil {
		return err
	}
	w.cluster.DeleteNode(name)
	w.cluster.DeleteNodeClaim(claim.Name)
	return w.cost.DeleteNodeClaim(w.ctx, client.ObjectKeyFromObject(claim))
}

// placePending binds what is pending as Karpenter's provisioner decides, onto nodes that exist and new ones.
func (w *world) placePending() error {
	results, err := w.provisioner.Schedule(w.ctx)
	if err != nil {
		return err
	}
	for pod, reason := range results.PodErrors {
		return fmt.Errorf("pod %s has no place: %w", pod.Name, reason)
	}
	for _, node := range results.ExistingNodes {
		if err := w.bind(node.Pods, node.Name()); err != nil {
			return err
		}
	}
	return w.launchFor(results.NewNodeClaims)
}

// placeAll repeats that until no pod is pending: Karpenter stops one pass after a minute.
func (w *world) placeAll(deadline time.Time) error {
	for time.Now().Before(deadline) {
		if err := w.placePending(); err != nil {
			return err
		}
		pending := &corev1.PodList{}
		if err := w.client.List(w.ctx, pending, client.MatchingFields{"spec.nodeName": ""}); err != nil {
			return err
		}
		if len(pending.Items) == 0 {
			return nil
		}
	}
	return errors.New("pods are pending still when time is up")
}

func (w *world) launchFor(wanted []*scheduling.NodeClaim) error {
	names, err := w.provisioner.CreateNodeClaims(w.ctx, wanted)
	if err != nil {
		return err
	}
	if err := w.launchClaims(); err != nil {
		return err
	}
	for i, name := range names {
		claim := &v1.NodeClaim{}
		if err := w.client.Get(w.ctx, types.NamespacedName{Name: name}, claim); err != nil {
			return err
		}
		if err := w.bind(wanted[i].Pods, claim.Status.NodeName); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) bind(pods []*corev1.Pod, node string) error {
	for _, scheduled := range pods {
		pod := &corev1.Pod{}
		if err := w.client.Get(w.ctx, client.ObjectKeyFromObject(scheduled), pod); err != nil {
			return err
		}
		pod.Spec.NodeName = node
		pod.Status.Phase = corev1.PodRunning
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
		if err := w.client.put(pod); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) dollarsHour() float64 {
	total := 0.0
	for _, price := range w.prices {
		total += price
	}
	return total
}

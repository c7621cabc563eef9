package main

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// memoryClient is a cluster's API in memory, as fast as the informer caches that Karpenter reads from: controller-runtime's
// own fake client takes a thousand times as long for a list by field. Reads give deep copies, as the caches do.
type memoryClient struct {
	client.Client // what is not used is nil, and panics
	scheme        *runtime.Scheme
	indexers      cache.Indexers
	onChange      func(client.Object)
	mu            sync.Mutex
	stores        map[schema.GroupKind]cache.Indexer
	version       int
}

func newMemoryClient(scheme *runtime.Scheme, indexers cache.Indexers) *memoryClient {
	return &memoryClient{
		scheme: scheme, indexers: indexers, onChange: func(client.Object) {}, stores: map[schema.GroupKind]cache.Indexer{},
	}
}

func keyOf(object any) (string, error) {
	return client.ObjectKeyFromObject(object.(client.Object)).String(), nil
}

func (c *memoryClient) store(object runtime.Object) (cache.Indexer, schema.GroupKind, error) {
	gvk, err := apiutil.GVKForObject(object, c.scheme)
	if err != nil {
		return nil, schema.GroupKind{}, err
	}
	kind := gvk.GroupKind()
	if _, isList := object.(client.ObjectList); isList {
		kind.Kind = kind.Kind[:len(kind.Kind)-len("List")]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stores[kind] == nil {
		c.stores[kind] = cache.NewIndexer(keyOf, c.indexers)
	}
	return c.stores[kind], kind, nil
}

func notFound(kind schema.GroupKind, name string) error {
	return apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, name)
}

func (c *memoryClient) Scheme() *runtime.Scheme { return c.scheme }

func (c *memoryClient) GroupVersionKindFor(object runtime.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(object, c.scheme)
}

func (c *memoryClient) Get(_ context.Context, key types.NamespacedName, into client.Object, _ ...client.GetOption) error {
	store, kind, err := c.store(into)
	if err != nil {
		return err
	}
	found, exists, err := store.GetByKey(key.String())
	if err != nil || !exists {
		return notFound(kind, key.Name)
	}
	copied := found.(client.Object).DeepCopyObject()
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(copied).Elem())
	return nil
}

func (c *memoryClient) List(_ context.Context, into client.ObjectList, given ...client.ListOption) error {
	store, _, err := c.store(into)
	if err != nil {
		return err
	}
	options := (&client.ListOptions{}).ApplyOptions(given)
	candidates, err := c.candidates(store, options.FieldSelector)
	if err != nil {
		return err
	}
	shared := options.UnsafeDisableDeepCopy != nil && *options.UnsafeDisableDeepCopy
	matching := make([]runtime.Object, 0, len(candidates))
	for _, candidate := range candidates {
		object := candidate.(client.Object)
		if options.Namespace != "" && object.GetNamespace() != options.Namespace {
			continue
		}
		if options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(object.GetLabels())) {
			continue
		}
		if shared {
			matching = append(matching, object)
		} else {
			matching = append(matching, object.DeepCopyObject())
		}
	}
	return meta.SetList(into, matching)
}

func (c *memoryClient) candidates(store cache.Indexer, selector fields.Selector) ([]any, error) {
	if selector == nil || selector.Empty() {
		return store.List(), nil
	}
	requirements := selector.Requirements()
	if len(requirements) != 1 {
		return nil, fmt.Errorf("no index for %q", selector)
	}
	return store.ByIndex(requirements[0].Field, requirements[0].Value)
}

func (c *memoryClient) put(object client.Object) error {
	store, _, err := c.store(object)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.version++
	object.SetResourceVersion(strconv.Itoa(c.version))
	c.mu.Unlock()
	stored := object.DeepCopyObject().(client.Object)
	if err := store.Update(stored); err != nil {
		return err
	}
	c.onChange(stored)
	return nil
}

func (c *memoryClient) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	if object.GetName() == "" {
		object.SetName(object.GetGenerateName() + string(uuid.NewUUID())[:13])
	}
	object.SetUID(uuid.NewUUID())
	return c.put(object)
}

func (c *memoryClient) Update(_ context.Context, object client.Object, _ ...client.UpdateOption) error {
	return c.put(object)
}

// Patch takes the object as it is given: nobody else writes meanwhile.
func (c *memoryClient) Patch(_ context.Context, object client.Object, _ client.Patch, _ ...client.PatchOption) error {
	return c.put(object)
}

// Delete only marks the object, as a finalizer would make it: remove takes it away.
func (c *memoryClient) Delete(ctx context.Context, object client.Object, _ ...client.DeleteOption) error {
	stored := object.DeepCopyObject().(client.Object)
	if err := c.Get(ctx, client.ObjectKeyFromObject(object), stored); err != nil {
		return err
	}
	now := metav1.Now()
	stored.SetDeletionTimestamp(&now)
	return c.put(stored)
}

func (c *memoryClient) remove(object client.Object) error {
	store, _, err := c.store(object)
	if err != nil {
		return err
	}
	return store.Delete(object)
}

type statusWriter struct {
	client.SubResourceWriter
	client *memoryClient
}

func (c *memoryClient) Status() client.SubResourceWriter { return statusWriter{client: c} }

func (w statusWriter) Patch(_ context.Context, object client.Object, _ client.Patch, _ ...client.SubResourcePatchOption) error {
	return w.client.put(object)
}

func (w statusWriter) Update(_ context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	return w.client.put(object)
}

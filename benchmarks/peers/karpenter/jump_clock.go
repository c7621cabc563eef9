package main

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// jumpClock runs in real time, and jumps over whatever somebody would wait for: so Karpenter's own time limits count its
// computing, and nothing else.
type jumpClock struct {
	clock.RealClock
	mu     sync.Mutex
	jumped time.Duration
}

func (c *jumpClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.jumped)
}

func (c *jumpClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func (c *jumpClock) Sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jumped += d
}

func (c *jumpClock) After(d time.Duration) <-chan time.Time {
	c.Sleep(d)
	done := make(chan time.Time, 1)
	done <- c.Now()
	return done
}

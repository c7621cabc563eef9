package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"
)

// call is a runc command line as containerd's shim writes it.
type call struct {
	global  []string
	command string
	flags   map[string]string
	id      string
	log     string
}

// Options that stand alone; every other one has a value.
var standsAlone = map[string]bool{
	"debug": true, "systemd-cgroup": true, "no-pivot": true, "no-new-keyring": true, "force": true, "all": true,
	"detach": true, "tty": true, "help": true, "version": true, "keep": true, "no-subreaper": true,
}

func parseCall(args []string) call {
	result := call{flags: map[string]string{}}
	for at := 0; at < len(args); at++ {
		arg := args[at]
		if !strings.HasPrefix(arg, "-") {
			if result.command == "" {
				result.command = arg
			} else if result.id == "" {
				result.id = arg
			}
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		took := []string{arg}
		if !hasValue && !standsAlone[name] && at+1 < len(args) {
			at++
			value = args[at]
			took = append(took, value)
		}
		if result.command == "" {
			result.global = append(result.global, took...)
			if name == "log" {
				result.log = value
			}
		} else {
			result.flags[name] = value
		}
	}
	return result
}

// logError appends the error to runc's log as runc itself would.
func logError(call call, failure error) {
	if call.log == "" {
		return
	}
	line, err := json.Marshal(map[string]string{
		"level": "error", "msg": "restow: " + failure.Error(), "time": time.Now().Format(time.RFC3339),
	})
	if err != nil {
		return
	}
	file, err := os.OpenFile(call.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	file.Write(append(line, '\n'))
}

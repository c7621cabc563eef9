package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// addressDir knows the addresses that left the node with their pods, and those that came. An address is its node's for as
// long as that exists: whoever has it gives it back there. Nothing here may be lost by a reboot.
//
//	IP.json           one address
//	returned/IP.json  one that no pod has any more, and whose node has not been told
type addressDir string

const defaultAddressDir = "/var/lib/restow/addresses"

type address struct {
	IP           string  `json:"ip"`
	PrefixLength int     `json:"prefixLength"`
	MAC          string  `json:"mac"`
	Origin       *origin `json:"origin"`
}

// origin is the node whose range the address is of.
type origin struct {
	Node string `json:"node"`
	URL  string `json:"url"`
}

type addressRecord struct {
	IP string `json:"ip"`
	// nil: this node's own.
	Origin *origin `json:"origin"`
	// The sandbox that has it here; empty: none.
	Holder string `json:"holder"`
	// By what the node's own IPAM keeps it reserved.
	Reservation *reservation `json:"reservation"`
}

type reservation struct {
	Container string `json:"container"`
	Ifname    string `json:"ifname"`
	// The configuration of the IPAM, and where its plugins are.
	Conf    json.RawMessage `json:"conf"`
	CNIPath string          `json:"cniPath"`
}

func (d addressDir) path(ip string) (string, error) {
	parsed, err := netip.ParseAddr(ip)
	if err != nil {
		return "", err
	}
	return filepath.Join(string(d), parsed.String()+".json"), nil
}

func (d addressDir) read(ip string) (*addressRecord, error) {
	path, err := d.path(ip)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var record addressRecord
	return &record, json.Unmarshal(text, &record)
}

func (d addressDir) write(record addressRecord) error {
	path, err := d.path(record.IP)
	if err != nil {
		return err
	}
	return writeWhole(path, record)
}

func writeWhole(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".partial", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".partial", path)
}

func (d addressDir) forget(ip string) error {
	path, err := d.path(ip)
	if err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// of finds the address that a sandbox has, or under whose name it is reserved.
func (d addressDir) of(container string) (*addressRecord, error) {
	paths, err := filepath.Glob(filepath.Join(string(d), "*.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var record addressRecord
		if err := json.Unmarshal(text, &record); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if record.Holder == container || (record.Reservation != nil && record.Reservation.Container == container) {
			return &record, nil
		}
	}
	return nil, nil
}

// hold says that a sandbox has got the address; one that comes home stays reserved as it was.
func (d addressDir) hold(address address, container string) error {
	record, err := d.read(address.IP)
	if err != nil {
		return err
	}
	if record == nil {
		record = &addressRecord{IP: address.IP, Origin: address.Origin}
	}
	record.Holder = container
	return d.write(*record)
}

// lend says that the address has left with its pod. The node's own stays reserved, another's is not ours any more.
func (d addressDir) lend(ip string, p plugin) error {
	record, err := d.read(ip)
	if err != nil {
		return err
	}
	if record != nil && record.Origin != nil {
		if record.Holder != p.container {
			return nil
		}
		return d.forget(ip)
	}
	if record == nil {
		conf, err := json.Marshal(p.conf.delegate(nil, ""))
		if err != nil {
			return err
		}
		kept := reservation{Container: p.container, Ifname: p.ifname, Conf: conf, CNIPath: os.Getenv("CNI_PATH")}
		record = &addressRecord{IP: ip, Reservation: &kept}
	}
	if record.Holder == p.container {
		record.Holder = ""
	}
	return d.write(*record)
}

// giveBack leaves word for the agent that the address may be told free where it is from.
func (d addressDir) giveBack(record addressRecord) error {
	if record.Origin != nil {
		path, err := d.path(record.IP)
		if err != nil {
			return err
		}
		if err := writeWhole(filepath.Join(string(d), "returned", filepath.Base(path)), record); err != nil {
			return err
		}
	}
	return d.forget(record.IP)
}

// release frees an address of this node's own that no pod has any more, anywhere.
func (d addressDir) release(ip string) error {
	record, err := d.read(ip)
	if err != nil || record == nil || record.Origin != nil || record.Holder != "" || record.Reservation == nil {
		return err
	}
	kept := record.Reservation
	var conf struct {
		IPAM struct {
			Type string `json:"type"`
		} `json:"ipam"`
	}
	if err := json.Unmarshal(kept.Conf, &conf); err != nil {
		return err
	}
	if err := os.Setenv("CNI_PATH", kept.CNIPath); err != nil {
		return err
	}
	if err := runPlugin(conf.IPAM.Type, "DEL", kept.Container, kept.Ifname, "", kept.Conf, io.Discard); err != nil {
		return err
	}
	return d.forget(ip)
}

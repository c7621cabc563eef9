package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"syscall"
)

const pageBytes = 4096

// compareRequest names two files with pages of the same memory, and what of one is where in the other.
type compareRequest struct {
	Pages  string `json:"pages"`
	Copied string `json:"copied"`
	// Pages that are not the same go there, one after the other.
	Into string `json:"into"`
	// Place and length in pages, and place in copied.
	Segments [][3]int64 `json:"segments"`
}

type compareAnswer struct {
	// Place and length in pages of what is the same.
	Same [][2]int64 `json:"same"`
	// Of all of pages.
	Checksum uint32 `json:"checksum"`
}

// printComparison does for the agent what is slow in Node: both files are looked at where they lie in memory.
func printComparison(from io.Reader, to io.Writer) error {
	var request compareRequest
	if err := json.NewDecoder(from).Decode(&request); err != nil {
		return err
	}
	pages, err := mapFile(request.Pages)
	if err != nil {
		return err
	}
	copied, err := mapFile(request.Copied)
	if err != nil {
		return err
	}
	checksum := make(chan uint32, 1)
	go func() { checksum <- crc32.ChecksumIEEE(pages) }()
	same, err := sameRanges(pages, copied, request.Segments)
	if err != nil {
		return err
	}
	if err := writeRest(pages, same, request.Into); err != nil {
		return err
	}
	return json.NewEncoder(to).Encode(compareAnswer{Same: same, Checksum: <-checksum})
}

func mapFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found, err := file.Stat()
	if err != nil || found.Size() == 0 {
		return nil, err
	}
	return syscall.Mmap(int(file.Fd()), 0, int(found.Size()), syscall.PROT_READ, syscall.MAP_SHARED|syscall.MAP_POPULATE)
}

func sameRanges(pages, copied []byte, segments [][3]int64) ([][2]int64, error) {
	same := [][2]int64{}
	for _, segment := range segments {
		place, length, from := segment[0], segment[1], segment[2]
		if place < 0 || length < 0 || from < 0 || place+length > int64(len(pages)) || from+length > int64(len(copied)) {
			return nil, fmt.Errorf("there is no %d+%d in %d bytes, or no %d in %d", place, length, len(pages), from, len(copied))
		}
		for at := int64(0); at < length; at += pageBytes {
			end := min(at+pageBytes, length)
			if !bytes.Equal(pages[place+at:place+end], copied[from+at:from+end]) {
				continue
			}
			if last := len(same) - 1; last >= 0 && same[last][0]+same[last][1] == place+at {
				same[last][1] += end - at
			} else {
				same = append(same, [2]int64{place + at, end - at})
			}
		}
	}
	return same, nil
}

// writeRest writes what lies between the ranges.
func writeRest(pages []byte, same [][2]int64, into string) error {
	file, err := os.OpenFile(into, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	at := int64(0)
	for _, one := range append(same, [2]int64{int64(len(pages)), 0}) {
		if _, err := file.Write(pages[at:one[0]]); err != nil {
			return err
		}
		at = one[0] + one[1]
	}
	return file.Close()
}

package main

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// What the Go programs of the matrix share: runs the scenarios named in the environment and prints a line for each.

const scenarioLimit = 40 * time.Second
const text = "Größe 漢字 😀 עברית e\u0301 ' \" \\ % end"
const largeBytes = 20 * 1024 * 1024

// skip is given by a scenario that this client cannot do.
type skip struct{ reason string }

func (s skip) Error() string { return s.reason }

func env(name string) string { return os.Getenv(name) }

func allBytes() []byte {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return bytes
}

func largeBlob() []byte {
	blob := make([]byte, largeBytes)
	for i := 0; i < len(blob); i += 4 {
		binary.LittleEndian.PutUint32(blob[i:], uint32(i)*2654435761^uint32(i>>3))
	}
	return blob
}

func checksum(bytes []byte) string {
	sum := md5.Sum(bytes)
	return hex.EncodeToString(sum[:])
}

func show(value any) string {
	bytes, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return string(bytes)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

type scenarios map[string]func() (string, error)

func runScenarios(version string, all scenarios, reasons map[string]string) {
	fmt.Println("version " + version)
	for _, name := range strings.Split(env("SCENARIOS"), ",") {
		work, known := all[name]
		if !known {
			reason := reasons[name]
			if reason == "" {
				reason = "not a thing of this client"
			}
			fmt.Printf("skip %s: %s\n", name, reason)
			continue
		}
		type outcome struct {
			detail string
			err    error
		}
		done := make(chan outcome, 1)
		go func() {
			defer func() {
				if thrown := recover(); thrown != nil {
					done <- outcome{"", fmt.Errorf("panic: %v", thrown)}
				}
			}()
			detail, err := work()
			done <- outcome{detail, err}
		}()
		var result outcome
		select {
		case result = <-done:
		case <-time.After(scenarioLimit):
			result.err = fmt.Errorf("no end in %v", scenarioLimit)
		}
		var skipped skip
		switch {
		case errors.As(result.err, &skipped):
			fmt.Printf("skip %s: %s\n", name, skipped.reason)
		case result.err != nil:
			fmt.Printf("not ok %s: %s\n", name, oneLine(result.err.Error()))
		default:
			fmt.Printf("ok %s: %s\n", name, oneLine(result.detail))
		}
	}
}

package bind

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
)

// network reads []byte, and the types of package net that have a text but no
// UnmarshalText.
func network(text string, v reflect.Value) error {
	switch v.Type() {
	case URLType:
		u, err := url.Parse(text)
		if err != nil {
			var ue *url.Error
			if errors.As(err, &ue) {
				err = ue.Err
			}
			return err
		}
		v.Set(reflect.ValueOf(*u))
	case IPNetType:
		ip, n, err := net.ParseCIDR(text)
		if err != nil {
			return errors.New(`write for example "10.0.0.0/8"`)
		}
		if !n.IP.Equal(ip) {
			return fmt.Errorf("there are bits beyond the mask; write %q", n)
		}
		v.Set(reflect.ValueOf(*n))
	case MacType:
		mac, err := net.ParseMAC(text)
		if err != nil {
			return errors.New(`write for example "00:00:5e:00:53:01"`)
		}
		v.Set(reflect.ValueOf(mac))
	default:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return err
		}
		v.SetBytes(data)
	}
	return nil
}

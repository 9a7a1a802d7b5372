package main

import "testing"

func TestLicences(t *testing.T) {
	for text, want := range map[string]string{
		"                                 Apache License\n                           Version 2.0, January 2004":                            "Apache-2.0",
		"MIT License\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of this software":                    "MIT",
		"// Redistribution and use in source and binary forms, with or without\n// modification, are permitted provided":                   "BSD",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided": "ISC",
		"Mozilla Public License, version 2.0\n1. Definitions":                                                                              "MPL-2.0",
		"GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007\nEveryone is permitted to copy and distribute verbatim copies":     "",
		"Business Source License 1.1\nThe Licensor hereby grants you the right to copy, modify, create derivative works, redistribute":     "",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("%.40q: got %q, want %q", text, got, want)
		}
	}
}

func TestAModuleWithoutALicence(t *testing.T) {
	if name, err := licenceIn(t.TempDir()); err == nil {
		t.Errorf("got %s, want a refusal", name)
	}
}

func TestModulesOfThisRepositoryHaveItsLicence(t *testing.T) {
	for module, want := range map[string]bool{
		"github.com/gracefulfx/graceful=/x":              true,
		"github.com/gracefulfx/graceful/contrib/grpc=/x": true,
		"github.com/gracefulfx/graceful-else=/x":         false,
		"go.uber.org/fx=/x":                              false,
	} {
		if got := ofThisRepository(module); got != want {
			t.Errorf("%s: got %v", module, got)
		}
	}
}

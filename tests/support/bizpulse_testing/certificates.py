"""Certificates of a shop's own, made with openssl."""

import shutil
import subprocess
import unittest

from .case import Case


class Certificates(Case):

    def setUp(self):
        super().setUp()
        if not shutil.which('openssl'):
            raise unittest.SkipTest('openssl is not installed')

    def openssl(self, *arguments):
        done = subprocess.run(['openssl', *arguments], cwd=self.home, capture_output=True,
                              check=False)
        self.same(done.returncode, 0, 'openssl %s: %s' % (' '.join(arguments), done.stderr))

    def make_key(self, name, *arguments):
        self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                     '-keyout', name + '.key', *arguments)

    def make_authority(self, name):
        self.make_key(name, '-x509', '-days', '2', '-subj', '/CN=' + name, '-out', name + '.pem')

    def make_certificate(self, name, authority, names='DNS:localhost,IP:127.0.0.1', days=2):
        """A certificate with its key, in one file; returns its path."""
        with open(self.path(name + '.ext'), 'w', encoding='utf-8') as file:
            file.write('basicConstraints=CA:FALSE\nsubjectAltName=%s\n' % names)
        self.make_key(name, '-subj', '/CN=shop', '-out', name + '.csr')
        self.openssl('x509', '-req', '-in', name + '.csr', '-CA', authority + '.pem', '-CAkey',
                     authority + '.key', '-CAcreateserial', '-days', str(days), '-extfile',
                     name + '.ext', '-out', name + '.crt')
        return self.join(name, '.crt')

    def make_own(self, name):
        """One that nobody but itself has signed."""
        self.make_key(name, '-x509', '-days', '2', '-subj', '/CN=shop', '-addext',
                      'subjectAltName=DNS:localhost,IP:127.0.0.1', '-out', name + '.crt')
        return self.join(name, '.crt')

    def join(self, name, suffix):
        with open(self.path(name + '-both.pem'), 'w', encoding='utf-8') as both:
            for part in (name + suffix, name + '.key'):
                with open(self.path(part), encoding='utf-8') as file:
                    both.write(file.read())
        return self.path(name + '-both.pem')

# What the scripts need from Debian 12, and how they get it. Sourced, not run.
# shellcheck shell=bash disable=SC2034

packages_build=(
  appstream
  ca-certificates
  desktop-file-utils
  gcc
  gettext
  libadwaita-1-dev
  libc6-dev
  libglib2.0-bin
  libglib2.0-dev
  libgtk-4-bin
  libgtk-4-dev
  libjson-glib-dev
  libpq-dev
  libsecret-1-dev
  libsoup-3.0-dev
  libsqlite3-dev
  libxml2-utils
  meson
  ninja-build
  pkg-config
  python3
  tzdata
  zlib1g-dev
)

# To show a window: what GTK needs beside its libraries.
packages_window=(
  adwaita-icon-theme
  dbus-bin
  dbus-daemon
  fonts-dejavu-core
  fonts-noto-core
  glib-networking
  gsettings-desktop-schemas
  hicolor-icon-theme
  librsvg2-common
  shared-mime-info
)

# To show one where there is no screen, drive it and take its picture.
packages_headless=(
  imagemagick
  x11-utils
  xdotool
  xvfb
)

packages_test=(
  at-spi2-core
  clang
  gir1.2-atspi-2.0
  haproxy
  libclang-rt-14-dev
  libgirepository-1.0-1
  nginx-light
  openssl
  postgresql
  procps
  python3-gi
  shellcheck
  sqlite3
  systemd
  uncrustify
)

is_installed ()
{
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the packages named that are missing; where that is not
# allowed, says which they are and ends the program.
install_missing ()
{
  local package as_root=() missing=()

  if ! command -v dpkg-query >/dev/null; then
    echo 'This is not Debian: install the packages named in build-aux/packages.sh yourself.' >&2
    return 0
  fi
  for package; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      echo 'These Debian packages are missing, and only root can install them:' >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update >&2 || true
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}" >&2; then
    echo 'These Debian packages could not be installed:' >&2
    echo "  ${missing[*]}" >&2
    exit 1
  fi
}

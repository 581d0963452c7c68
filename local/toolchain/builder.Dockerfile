# The Go compiler. Debian's Go only downloads the version in GOTOOLCHAIN, as a module.
ARG DEBIAN
FROM ${DEBIAN} AS packages
RUN sed -i 's/bookworm/trixie/g' /etc/apt/sources.list.d/debian.sources \
 && mkdir /packages \
 && cd /packages \
 && apt-get update -q \
 && apt-get download -q -o APT::Sandbox::User=root golang-1.24-go \
 && dpkg-deb -x *.deb / \
 && rm -r /packages /var/lib/apt/lists
ENV PATH=/usr/lib/go-1.24/bin:/usr/bin:/bin GOTOOLCHAIN=go1.26.8

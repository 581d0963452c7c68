# The services' base image: Node.js, Debian's C library and certificates. Laid out like gcr.io/distroless/nodejs24-debian13
# (entry point /nodejs/bin/node, user 65532), so that services/Dockerfile builds on either.
ARG DEBIAN
FROM ${DEBIAN} AS packages
WORKDIR /root-fs
RUN mkdir -p /packages etc/ssl/certs home/nonroot tmp \
 && chmod 1777 tmp \
 && apt-get update -q \
 && (cd /packages && apt-get download -q -o APT::Sandbox::User=root ca-certificates libc6 libgcc-s1 libstdc++6) \
 && for package in /packages/*.deb; do dpkg-deb -x "$package" .; done \
 && rm -rf usr/share/doc usr/share/lintian usr/lib/*-linux-gnu/gconv \
 && find usr/share/ca-certificates -name '*.crt' | LC_ALL=C sort | xargs cat >etc/ssl/certs/ca-certificates.crt \
 && printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >etc/passwd \
 && printf 'root:x:0:\nnonroot:x:65532:\n' >etc/group

FROM scratch
COPY --from=packages /root-fs /
COPY node /nodejs/bin/node
USER 65532
WORKDIR /home/nonroot
ENV PATH=/nodejs/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ENTRYPOINT ["/nodejs/bin/node"]

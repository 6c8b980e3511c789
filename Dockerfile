# The demo, in a container: no shell, no root, nothing but the program.
# .ci/release builds the binaries; the release workflow builds the image.
FROM gcr.io/distroless/static-debian13:nonroot@sha256:f7f8f729987ad0fdf6b05eeeae94b26e6a0f613bdf46feea7fc40f7bd72953e6
ARG TARGETARCH
COPY --chmod=755 busbell-linux-${TARGETARCH} /usr/local/bin/busbell
USER nonroot
EXPOSE 9700
ENTRYPOINT ["busbell"]
CMD ["demo", "--allow-remote", "--addr", "0.0.0.0:9700"]

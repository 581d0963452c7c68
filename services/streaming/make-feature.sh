#!/bin/sh
# Makes assets/feature.mp4, the ten seconds that /stream delivers: H.264 and AAC, index first, so that browsers play it while it loads.
# Needs ffmpeg (made with 5.1) and the DejaVu fonts.
set -eu
cd "$(dirname "$0")"
ffmpeg -y -loglevel error \
  -f lavfi -i "gradients=size=640x360:rate=25:duration=10:speed=0.02:n=4:c0=0x2a1633:c1=0xffb454:c2=0x0d0d12:c3=0x6b2d5c" \
  -f lavfi -i "aevalsrc='0.12*sin(2*PI*220*t)*exp(-mod(t,1)*2)+0.08*sin(2*PI*330*t)*exp(-mod(t+0.5,1)*2)':duration=10" \
  -vf "drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:text='MARQUEE':fontcolor=white:fontsize=64:x=(w-tw)/2:y=(h-th)/2-20,drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:text='%{eif\:10-t\:d}':fontcolor=white@0.8:fontsize=28:x=(w-tw)/2:y=h*0.65" \
  -c:v libx264 -profile:v main -preset veryslow -crf 27 -pix_fmt yuv420p -g 50 \
  -c:a aac -b:a 64k -movflags +faststart -map_metadata -1 -fflags +bitexact -shortest assets/feature.mp4

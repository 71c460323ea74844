"""The way in which the published sample serves Luat modules over UDP: a database
query and a file open for each packet. Written afresh, to be measured against.

Usage: peer.py DATABASE PACKAGE; prints the port."""
import struct
import sys

from gevent import monkey

monkey.patch_all()

from gevent.server import DatagramServer
from sqlalchemy import Column, Integer, String, create_engine

from sqlalchemy.orm import declarative_base, sessionmaker

Base = declarative_base()
SIZE = 1022


class Upgrade(Base):
    __tablename__ = "upgrade"
    id = Column(Integer, primary_key=True)
    imei = Column(String(15), unique=True)
    path = Column(String(255))
    size = Column(Integer)


engine = create_engine("sqlite:///" + sys.argv[1])
Base.metadata.create_all(engine)
Session = sessionmaker(bind=engine)


class Server(DatagramServer):
    def handle(self, data, address):
        text = data.decode("ascii", "replace")
        session = Session()
        try:
            if text.startswith("Get"):
                number, ident = (int(x) for x in text[3:].split(","))
                row = session.query(Upgrade).filter_by(id=ident).one()
                with open(row.path, "rb") as package:
                    package.seek((number - 1) * SIZE)
                    self.socket.sendto(struct.pack(">H", number) + package.read(SIZE), address)
                return
            imei = text.split(",")[0]
            row = session.query(Upgrade).filter_by(imei=imei).one()
            count = (row.size + SIZE - 1) // SIZE
            last = row.size - (count - 1) * SIZE
            self.socket.sendto(("LUAUPDATE,%d,%d,%d" % (row.id, count, last)).encode(), address)
        finally:
            session.close()


import os

session = Session()
for i in range(int(sys.argv[3])):
    session.add(Upgrade(imei="86%013d" % i, path=sys.argv[2], size=os.path.getsize(sys.argv[2])))
session.commit()
session.close()
server = Server("127.0.0.1:0")
server.start()
print(server.socket.getsockname()[1], flush=True)
server.serve_forever()
